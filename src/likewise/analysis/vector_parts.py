"""Finished parts of a file of vectors, in a folder beside it, until the file is whole."""

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
"""Gives texts from the beginning."""

SAVE_SECONDS = 2.0
"""No vector waits much longer than this to be saved, whatever the model's speed."""


@dataclass(frozen=True)
class EmbeddingJob:
    """What is encoded how; parts of another job are of no use.

    Attributes:
        texts: hash of the texts, and the kind of file they are in.
        column: the column of the texts, where one was named.
        model: fingerprint of the encoder.
        prompt: put before each text.
        truncation: what becomes of texts over the limit.
        encoding: of the file, where one was named.
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
        folder: where they lie.
        texts: of the job.
        job: what they are parts of; those of another one are given up.

    Attributes:
        changed: what tells an earlier job, whose parts were given up, from this one.
    """

    def __init__(self, folder: Path, texts: Texts, job: EmbeddingJob) -> None:
        self._folder, self._texts = folder, texts
        self._note = folder / "job.json"
        wanted = asdict(job)
        earlier = self._earlier()
        if earlier == wanted:
            self.changed: tuple[str, ...] = ()
            for unfinished in folder.glob(".*.tmp"):
                unfinished.unlink(missing_ok=True)
            return
        lost = earlier if parts_in(self._folder) else wanted
        self.changed = tuple(name for name in wanted if lost.get(name) != wanted[name])
        self.discard()
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputError(
                f"cannot write {folder}: {error.strerror or error}",
                hint="check the path and the disk",
            ) from error
        with atomic(self._note) as file:
            file.write(json.dumps(wanted).encode())

    def _earlier(self) -> dict[str, object]:
        try:
            return dict(json.loads(self._note.read_bytes()))
        except (OSError, ValueError):
            return {}

    def pieces(self, target: Path) -> Iterator[VectorBatch]:
        """Every text with its vector; .npy has no room for texts, so none is read for it.

        Pieces end at the same places wherever the parts do, since a Parquet file shows them.
        """
        texts = self._texts() if target.suffix != ".npy" else iter(())
        for vectors in _regrouped(map(np.load, parts_in(self._folder)), BATCH_TEXTS):
            yield VectorBatch(list(islice(texts, len(vectors))), vectors)

    def unsaved(self) -> Unsaved:
        """What takes the vectors that come behind the saved ones."""
        return Unsaved(self._folder, len(parts_in(self._folder)))

    @property
    def saved(self) -> int:
        """How many texts are in the finished parts."""
        return saved_in(self._folder)

    def discard(self) -> None:
        """Give up what is there; the note first, so that no half of it is ever taken for whole."""
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)
            shutil.rmtree(self._folder)


class Unsaved:
    """Vectors that are not saved yet.

    Args:
        folder: of the finished parts.
        number: of the next part.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._vectors: list[NDArray[np.float32]] = []
        self._since = time.monotonic()

    def put(self, part: Encoded) -> None:
        """Take some vectors; save them when they are many, or have waited long."""
        if sum(map(len, self._vectors)) + len(part.vectors) > BATCH_TEXTS:
            self.save()
        self._vectors.append(part.vectors)
        full = sum(map(len, self._vectors)) == BATCH_TEXTS
        if full or time.monotonic() - self._since >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write what is waiting as the next part."""
        if self._vectors:
            vectors = np.concatenate(self._vectors)
            part = _part(self._folder, self._number)
            write_batches(part, [VectorBatch((), vectors)], vectors[:0], len(vectors))
            self._number += 1
            self._vectors = []
        self._since = time.monotonic()


def _regrouped(parts: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """The same rows in order, so many at a time."""
    rest: list[NDArray[np.float32]] = []
    for part in parts:
        rest.append(part)
        if sum(map(len, rest)) >= size:
            rows = np.concatenate(rest)
            whole = len(rows) - len(rows) % size
            yield from np.split(rows[:whole], range(size, whole, size))
            rest = [rows[whole:]]
    if sum(map(len, rest)):
        yield np.concatenate(rest)


def saved_in(folder: Path) -> int:
    """How many texts are in the finished parts of a folder."""
    return sum(len(np.load(part, mmap_mode="r")) for part in parts_in(folder))


def parts_in(folder: Path) -> list[Path]:
    """The finished parts of a folder, in order, without a gap."""
    return list(takewhile(Path.exists, (_part(folder, number) for number in count())))


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:08}.npy"
