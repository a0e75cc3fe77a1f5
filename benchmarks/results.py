"""Results on disk: one JSON file for each benchmark, with machine, versions, command and date."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import this_machine

FOLDER = Path(__file__).parent / "results"


class UnavailableError(Exception):
    """A benchmark cannot be run on this machine; its message says why."""


@dataclass(frozen=True)
class Result:
    """The result of one run of a benchmark.

    Attributes:
        benchmark: its name.
        command: what to type to get it again.
        rows: figures by contender, as the benchmark lays them out.
        versions: of the packages that took part.
        notes: what was left out, and why.
        machine: see `benchmarks.machine.Machine`.
        date: when it ended, UTC.
    """

    benchmark: str
    command: str
    rows: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    machine: Mapping[str, Any] = field(default_factory=lambda: asdict(this_machine()))
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="minutes"))


def write(result: Result, folder: Path = FOLDER) -> Path:
    """Write a result as `<benchmark>.json`."""
    path = folder / f"{result.benchmark}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def read(benchmark: str, folder: Path = FOLDER) -> Result | None:
    """The last result of a benchmark; None where there is none."""
    path = folder / f"{benchmark}.json"
    return Result(**json.loads(path.read_text("utf-8"))) if path.exists() else None
