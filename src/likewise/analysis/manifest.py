"""The finished fragments of a file of vectors, in a folder beside it, until it is complete.

A worker writes the vectors of a range as a fragment, under a name that no other run of the task
uses. The driver commits it by a line in the manifest. A range has at most one committed fragment:
one that is written again, by a worker that was believed to be dead, is not used.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.vector_parts import EmbeddingJob
from likewise.errors import OutputError


@dataclass(frozen=True)
class Fragment:
    """The vectors of one range.

    Attributes:
        number: of the range.
        file: name of its `.npy` file in the folder.
        texts: number of texts.
        cut: number of those that were truncated.
        tokens: number of tokens that were read.
        size: bytes of the file.
    """

    number: int
    file: str
    texts: int
    cut: int
    tokens: int
    size: int


class Manifest:
    """The fragments of one job.

    Args:
        folder: of the fragments; created if it does not exist.
        job: what is encoded; fragments of a different job are discarded.
        range_size: size of the ranges, in bytes or texts; an unfinished job keeps its own.

    Attributes:
        folder: of the fragments.
        changed: the attributes in which a discarded earlier job differs from this one.
        range_size: size of the ranges.
        fragments: the committed fragments by the number of their range.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, job: EmbeddingJob, range_size: int) -> None:
        self.folder, self._path = folder, folder / "manifest.jsonl"
        self.range_size = range_size
        self.changed: tuple[str, ...] = ()
        self.fragments: dict[int, Fragment] = {}
        attributes = asdict(job)
        lines = self._lines()
        earlier = lines[0] if lines else {}
        try:
            if earlier.get("job") == attributes:
                self.range_size = earlier["range_size"]
                self._resume(lines[1:])
            else:
                if len(lines) > 1:
                    known = earlier.get("job", {})
                    self.changed = tuple(n for n in attributes if known.get(n) != attributes[n])
                self.discard()
                folder.mkdir(exist_ok=True)
                self._append({"job": attributes, "range_size": range_size})
        except OSError as error:
            raise _unwritable(folder, error) from error

    def commit(self, fragment: Fragment) -> bool:
        """Commit a fragment; False if its range has one already.

        Raises:
            OutputError: the manifest cannot be written.
        """
        if fragment.number in self.fragments:
            return False
        try:
            self._append(asdict(fragment))
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self.fragments[fragment.number] = fragment
        return True

    @property
    def texts(self) -> int:
        """Number of texts in committed fragments."""
        return sum(fragment.texts for fragment in self.fragments.values())

    def path(self, number: int) -> Path:
        """The committed file of a range."""
        return self.folder / self.fragments[number].file

    def load(self, number: int) -> NDArray[np.float32]:
        """The vectors of a range."""
        vectors: NDArray[np.float32] = np.load(self.path(number))
        return vectors

    def discard(self) -> None:
        """Delete everything; the manifest first, so that no incomplete folder is ever resumed."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            shutil.rmtree(self.folder)

    def _lines(self) -> list[dict[str, Any]]:
        """The complete lines; the last one may have been cut off by a crash."""
        try:
            content = self._path.read_bytes()
        except OSError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        if complete != content:
            os.truncate(self._path, len(complete))
        try:
            return [json.loads(line) for line in complete.splitlines()]
        except ValueError:
            return []

    def _resume(self, lines: list[Mapping[str, Any]] | list[dict[str, Any]]) -> None:
        for line in lines:
            fragment = Fragment(**line)
            with contextlib.suppress(FileNotFoundError):
                if (self.folder / fragment.file).stat().st_size == fragment.size:
                    self.fragments.setdefault(fragment.number, fragment)
        used = {fragment.file for fragment in self.fragments.values()}
        for path in self.folder.iterdir():
            if path != self._path and path.name not in used:
                path.unlink(missing_ok=True)

    def _append(self, line: Mapping[str, Any]) -> None:
        with open(self._path, "ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def fragments_folder(target: Path) -> Path:
    """The folder of the finished fragments of a target."""
    path = target.resolve()
    return path.with_name(f".{path.name}.fragments")


def saved_in_manifest(folder: Path) -> int:
    """Number of texts in the committed fragments of a folder."""
    try:
        lines = (folder / "manifest.jsonl").read_bytes().split(b"\n")[1:-1]
        return sum({line["number"]: line["texts"] for line in map(json.loads, lines)}.values())
    except (OSError, ValueError, KeyError):
        return 0


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {folder}: {error.strerror or error}", hint="check the path and the disk"
    )
