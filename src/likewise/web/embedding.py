"""Texts to a file of vectors, in bounded memory, with progress and a look at Stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.data.writers import Piece, write_pieces
from likewise.encoder import Encoder
from likewise.web.job_runner import Job
from likewise.web.messages import PageError
from likewise.web.reproduce import Texts

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

    def pieces(self) -> Iterator[Piece]:
        """Texts with their vectors, in order."""
        texts = self.texts.stream()
        for block in self.blocks():
            yield Piece(list(islice(texts, len(block))), block)


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
        write_pieces(path, found.pieces(), like, found.count)


def embed(encoder: Encoder, texts: Texts, job: Job, *, least: int = 1, role: str = "") -> Embedding:
    """Encode texts into a file; a file of texts is read twice and never lies in memory.

    Args:
        encoder: the model.
        texts: typed, or in a file.
        job: told of the progress.
        least: how many texts there must be.
        role: `document` puts the model's prompt for documents before each.

    Raises:
        StoppedError: the job shall stop.
        PageError: there are too few texts, or the disk has no room for the vectors.
        RecordError: the file cannot be read.
        TextError: a text cannot be encoded.
    """
    count = _count(texts, job)
    if count < least:
        raise PageError("failure.few_texts" if count else "failure.no_texts", n=least)
    folder = Path(tempfile.mkdtemp(prefix="likewise-"))
    try:
        _check_room(folder, 4 * count * encoder.dimension)
        source = _linked(texts, folder)
        job.phase, job.total, job.done, job.started = "computing", count, 0, time.perf_counter()
        found = _encode(encoder, source, job, folder / "vectors.npy", role)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def _encode(encoder: Encoder, texts: Texts, job: Job, path: Path, role: str) -> Embedding:
    prompt = encoder.role_prompt("document") if role == "document" else None
    tokens = cut = 0

    def advance(done: int) -> None:
        job.advance(done)
        job.check()

    def pieces() -> Iterator[Piece]:
        nonlocal tokens, cut
        for part in encoder.encode_stream(texts.stream(), prompt, progress=advance):
            tokens += int(part.kept.sum())
            cut += int((part.kept < part.seen).sum())
            yield Piece(part.texts, part.vectors)

    count, dimension = job.total, encoder.dimension
    write_pieces(path, pieces(), np.empty((0, dimension), np.float32), count)
    return Embedding(path, texts, count, dimension, tokens, cut, job.seconds)


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
