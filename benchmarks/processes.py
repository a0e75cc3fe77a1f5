"""Client side of the worker processes."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.contenders import REFERENCE, Contender
from benchmarks.environments import ROOT, environment, variables
from benchmarks.results import UnavailableError


class ContenderError(Exception):
    """A contender is not set up, or failed; its message goes into the table's notes."""


class Process:
    """One contender in its own process.

    Args:
        contender: the contender to run.
    """

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        place = environment(contender.environment)
        if not place.ready:
            raise ContenderError(f"{contender.name}: not set up (python -m benchmarks --peers)")
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [str(place.python), "-m", "benchmarks.worker", contender.name],
            cwd=ROOT,
            env=variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send a request of `benchmarks.worker`, wait for the reply.

        Raises:
            ContenderError: the contender failed, or its process ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process has no pipes")
        try:
            stdin.write(json.dumps({"do": do} | request) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ContenderError(
                f"{self.contender.name}: its process ended ({self._process.poll()})"
            )
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise ContenderError(f"{self.contender.name}: {reply['error']}")
        return reply

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of texts: float32 `[n, dimension]`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.npy"
            self.ask("encode", texts=texts, save=str(path))
            vectors: np.ndarray = np.load(path)
            return vectors

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Field:
    """Loaded contenders, and notes on those that failed to load.

    Attributes:
        processes: the loaded ones, by name.
        versions: of the packages they use.
        notes: one line for each contender that was omitted.
    """

    processes: dict[str, Process] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def record_versions(
    versions: dict[str, str], contender: Contender, found: Mapping[str, str]
) -> None:
    """Add a contender's versions; where environments differ, the later one's carry its adapter."""
    for package, version in found.items():
        if versions.setdefault(package, version) != version:
            versions[f"{package} ({contender.adapter})"] = version


@contextmanager
def loaded(contenders: Iterable[Contender], folder: Path | None = None) -> Iterator[Field]:
    """Contenders loaded side by side, a process each; those that cannot load are noted.

    Args:
        contenders: which.
        folder: the checkpoint they load, where it is not the bundled one.
    """
    request = {"folder": str(folder)} if folder else {}
    with ExitStack() as stack:
        entered = Field()
        for contender in contenders:
            try:
                process = stack.enter_context(Process(contender))
                reply = process.ask("load", **request)
            except ContenderError as error:
                entered.notes.append(str(error))
                continue
            entered.processes[contender.name] = process
            record_versions(entered.versions, contender, reply["versions"])
        yield entered


def check_reference(measured: Container[str]) -> None:
    """Check that ratios can be taken.

    Raises:
        UnavailableError: the reference is not among the contenders that were measured.
    """
    if REFERENCE not in measured:
        raise UnavailableError(f"{REFERENCE} is not set up; `python -m benchmarks --peers` does it")
