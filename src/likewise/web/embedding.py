"""Texts to a file of vectors, in bounded memory, with progress and a look at Stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.data.writers import VectorBatch, write_batches
from likewise.operations.encode import EncodeRequest, Role, encode
from likewise.operations.session import Session
from likewise.web.job_runner import Job
from likewise.web.messages import PageError
from likewise.web.registry import Choice
from likewise.web.texts import Texts

BLOCK = 16_384
"""Vectors that are read at once."""

SPARE = 1 << 28
"""Bytes of the disk that stay free."""

_LOOK = 1000
"""Rows between two looks at Stop while a file is read."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Texts and their vectors, in a folder that goes with the last reference to this.

    Attributes:
        path: the `.npy` of the vectors, float32 `[count, dimension]`.
        texts: the texts.
        count: how many.
        dimension: of their vectors.
        tokens: tokens read in all.
        cut: texts of which something was cut off.
        seconds: time it took.
    """

    path: Path
    texts: Texts
    count: int
    dimension: int
    tokens: int
    cut: int
    seconds: float

    @property
    def size(self) -> int:
        """Bytes of the vectors on disk."""
        return 4 * self.count * self.dimension

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The vectors, float32 `[up to BLOCK, dimension]`, in order."""
        stored = np.load(self.path, mmap_mode="r")
        for start in range(0, self.count, BLOCK):
            yield np.array(stored[start : start + BLOCK])

    def stream(self) -> Iterator[str]:
        """The texts, from the beginning."""
        return self.texts.stream()

    def pieces(self) -> Iterator[VectorBatch]:
        """Texts with their vectors, in order."""
        texts = self.texts.stream()
        for block in self.blocks():
            yield VectorBatch(list(islice(texts, len(block))), block)


@dataclass(frozen=True, eq=False)
class VectorResult:
    """Texts and their vectors."""

    embedding: Embedding
    stem: str = "likewise-vectors"
    formats: tuple[str, ...] = ("npy", "csv", "jsonl", "parquet")

    @property
    def size(self) -> int:
        """About how many bytes it holds, on disk."""
        return self.embedding.size

    def write(self, path: Path) -> None:
        """Write it in the format that the ending names."""
        found = self.embedding
        like = np.empty((0, found.dimension), np.float32)
        write_batches(path, found.pieces(), like, found.count)


def embed(
    session: Session, job: Job, choice: Choice, texts: Texts, *, least: int = 1, role: Role = "none"
) -> Embedding:
    """Encode texts into a file; a file of texts is never held in memory.

    Args:
        session: what the operation runs in.
        job: takes the progress while the texts are counted.
        choice: the model.
        texts: typed, or in a file.
        least: how many texts there must be.
        role: `document` puts the model's prompt for documents before each.

    Raises:
        CancelledError: the job shall stop.
        PageError: there are too few texts, or the disk has no room for the vectors.
        RecordError: the file cannot be read.
        TextError: a text cannot be encoded.
    """
    count = _count(texts, job)
    if count < least:
        raise PageError("failure.few_texts" if count else "failure.no_texts", n=least)
    folder = Path(tempfile.mkdtemp(prefix="likewise-"))
    try:
        encoder = session.models.get(choice.name, choice.compute)
        _check_room(folder, 2 * 4 * count * encoder.dimension)  # finished parts lie beside the file
        source, path = _linked(texts, folder), folder / "vectors.npy"
        request = choice.request(EncodeRequest, output=path, role=role, **source.fields("texts"))
        done = encode(request, session)
        found = Embedding(
            path, source, done.texts, done.dimension, done.tokens, done.cut, done.seconds
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def _count(texts: Texts, job: Job) -> int:
    """How many texts there are; a row that cannot be read is found here, before any work."""
    if not texts.path:
        return len(texts.texts)
    job.phase = "reading"
    for done, _ in enumerate(texts.stream(), 1):
        job.done = done
        if done % _LOOK == 0:
            job.check()
    return job.done


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free - SPARE
    if needed > free:
        gib = [f"{max(0, size) / 2**30:,.1f}" for size in (needed, free)]
        raise PageError("failure.disk", needed=gib[0], free=gib[1])


def _linked(texts: Texts, folder: Path) -> Texts:
    """The same texts from a file that stays as long as the vectors do."""
    if not texts.path:
        return texts
    place = folder / "texts" / Path(texts.path).name
    place.parent.mkdir()
    with contextlib.suppress(OSError):
        os.link(texts.path, place)
    if not place.exists():  # another disk
        shutil.copyfile(texts.path, place)
    return replace(texts, path=str(place))
