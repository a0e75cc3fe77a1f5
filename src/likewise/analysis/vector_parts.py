"""The finished parts of a file of vectors, in a folder beside it, until it is complete."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice, takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.data.writers import VectorBatch, write_batches
from likewise.errors import OutputError
from likewise.results import Encoded
from likewise.tokenization.token_stream import BATCH_TEXTS, Truncation

Texts = Callable[[], Iterator[str]]
"""Returns an iterator over all texts."""

SAVE_SECONDS = 2.0
"""Vectors are saved at about this interval."""


@dataclass(frozen=True)
class EmbeddingJob:
    """What is encoded, and how; parts of a different job cannot be used.

    Attributes:
        texts: hash of the texts, and the suffixes of their file.
        column: the column of the texts, if it was given.
        model: fingerprint of the encoder.
        prompt: put before each text.
        truncation: how texts over the limit are treated.
        encoding: of the file, if it was given.
        skip_bad: whether rows that cannot be read are left out.
    """

    texts: str
    column: str | None
    model: str
    prompt: str
    truncation: Truncation
    encoding: str | None = None
    skip_bad: bool = False


class Parts:
    """The folder of finished parts.

    Args:
        folder: their folder.
        texts: of the job.
        job: the job; parts of a different job are discarded.

    Attributes:
        changed: the attributes in which a discarded earlier job differs from this one.
    """

    def __init__(self, folder: Path, texts: Texts, job: EmbeddingJob) -> None:
        self._folder, self._texts = folder, texts
        self._job_file = folder / "job.json"
        attributes = asdict(job)
        earlier = self._earlier()
        if earlier == attributes:
            self.changed: tuple[str, ...] = ()
            for temporary in folder.glob(".*.tmp"):
                temporary.unlink(missing_ok=True)
            return
        discarded = earlier if parts_in(self._folder) else attributes
        self.changed = tuple(name for name in attributes if discarded.get(name) != attributes[name])
        self.discard()
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputError(
                f"cannot write {folder}: {error.strerror or error}",
                hint="check the path and the disk",
            ) from error
        with atomic(self._job_file) as file:
            file.write(json.dumps(attributes).encode())

    def _earlier(self) -> dict[str, object]:
        try:
            return dict(json.loads(self._job_file.read_bytes()))
        except (OSError, ValueError):
            return {}

    def batches(self, target: Path) -> Iterator[VectorBatch]:
        """All texts with their vectors; for a `.npy` target the texts are not read.

        The batches do not depend on the sizes of the parts, since they determine the row groups of
        a Parquet file.
        """
        texts = self._texts() if target.suffix != ".npy" else iter(())
        for vectors in regrouped(map(np.load, parts_in(self._folder)), BATCH_TEXTS):
            yield VectorBatch(list(islice(texts, len(vectors))), vectors)

    def writer(self) -> PartWriter:
        """Writes the parts after the saved ones."""
        return PartWriter(self._folder, len(parts_in(self._folder)))

    @property
    def saved(self) -> int:
        """Number of texts in the finished parts."""
        return saved_in(self._folder)

    def discard(self) -> None:
        """Delete all parts; the job file first, so that no incomplete folder is ever resumed."""
        with contextlib.suppress(OSError):
            self._job_file.unlink(missing_ok=True)
            shutil.rmtree(self._folder)


class PartWriter:
    """Collects vectors, and saves them as parts.

    Args:
        folder: of the finished parts.
        number: of the next part.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._vectors: list[NDArray[np.float32]] = []
        self._last_saved = time.monotonic()

    def add(self, part: Encoded) -> None:
        """Add vectors; they are saved as a part when there are enough, or after `SAVE_SECONDS`."""
        if sum(map(len, self._vectors)) + len(part.vectors) > BATCH_TEXTS:
            self.save()
        self._vectors.append(part.vectors)
        full = sum(map(len, self._vectors)) == BATCH_TEXTS
        if full or time.monotonic() - self._last_saved >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the vectors that are not saved yet as the next part."""
        if self._vectors:
            vectors = np.concatenate(self._vectors)
            part = _part(self._folder, self._number)
            write_batches(part, [VectorBatch((), vectors)], vectors[:0], len(vectors))
            self._number += 1
            self._vectors = []
        self._last_saved = time.monotonic()


def regrouped(parts: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """The same rows in the same order, in arrays of `size` rows."""
    rest: list[NDArray[np.float32]] = []
    for part in parts:
        rest.append(part)
        if sum(map(len, rest)) >= size:
            rows = np.concatenate(rest)
            complete = len(rows) - len(rows) % size
            yield from np.split(rows[:complete], range(size, complete, size))
            rest = [rows[complete:]]
    if sum(map(len, rest)):
        yield np.concatenate(rest)


def saved_in(folder: Path) -> int:
    """Number of texts in the finished parts of a folder."""
    return sum(len(np.load(part, mmap_mode="r")) for part in parts_in(folder))


def parts_in(folder: Path) -> list[Path]:
    """The finished parts of a folder, in order, up to the first missing one."""
    return list(takewhile(Path.exists, (_part(folder, number) for number in count())))


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:08}.npy"
