"""What a run was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.texts import DATA


@dataclass(frozen=True)
class Options:
    """Command-line options.

    Attributes:
        data: folder of texts.
        rounds: measurements of each contender; None for the benchmark's default.
        only: names of the contenders, or of the sections, to measure; empty for all.
    """

    data: Path = DATA
    rounds: int | None = None
    only: tuple[str, ...] = ()

    def chosen(self, contenders: Iterable[Contender]) -> list[Contender]:
        """The contenders to measure."""
        return [c for c in contenders if not self.only or c.name in self.only]

    def command(self, benchmark: str) -> str:
        """Command that repeats this run."""
        words = ["python", "-m", "benchmarks", benchmark]
        if self.rounds is not None:
            words += ["--rounds", str(self.rounds)]
        for name in self.only:
            words += ["--only", name]
        return shlex.join(words)
