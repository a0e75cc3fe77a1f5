"""Encodes texts into a file of vectors, in bounded memory, with progress and cancellation."""

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
"""Vectors read at once."""

RESERVE = 1 << 28
"""Bytes of disk space that remain free."""

_CHECK_ROWS = 1000
"""Rows between two checks for cancellation while a file is read."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """Texts and their vectors, in a temporary folder that is deleted with this object.

    Attributes:
        path: the `.npy` of the vectors, float32 `[count, dimension]`.
        texts: the texts.
        count: number of texts.
        dimension: of the vectors.
        tokens: total number of tokens.
        cut: number of truncated texts.
        seconds: duration.
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
        """Iterate over the texts."""
        return self.texts.stream()

    def batches(self) -> Iterator[VectorBatch]:
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
        """Approximate size in bytes."""
        return self.embedding.size

    def write(self, path: Path) -> None:
        """Write a file in the format of its extension."""
        found = self.embedding
        template = np.empty((0, found.dimension), np.float32)
        write_batches(path, found.batches(), template, found.count)


def embed(
    session: Session, job: Job, choice: Choice, texts: Texts, *, least: int = 1, role: Role = "none"
) -> Embedding:
    """Encode texts into a file; texts from a file are not held in memory.

    Args:
        session: of the operation.
        job: shows progress while the texts are counted.
        choice: the model.
        texts: typed texts, or a file.
        least: lowest number of texts.
        role: `document` puts the model's document prompt before each text.

    Raises:
        CancelledError: the job was cancelled.
        PageError: too few texts, or not enough disk space.
        RecordError: the file cannot be read.
        TextError: a text cannot be encoded.
    """
    count = _count(texts, job)
    if count < least:
        raise PageError("failure.few_texts" if count else "failure.no_texts", n=least)
    folder = Path(tempfile.mkdtemp(prefix="likewise-"))
    try:
        encoder = session.models.get(choice.name, choice.compute)
        _check_disk_space(folder, 2 * 4 * count * encoder.dimension)  # for the parts and the file
        source, path = _with_own_file(texts, folder), folder / "vectors.npy"
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
    """Count the texts; finds unreadable rows before encoding."""
    if not texts.path:
        return len(texts.texts)
    job.phase = "reading"
    for done, _ in enumerate(texts.stream(), 1):
        job.done = done
        if done % _CHECK_ROWS == 0:
            job.check()
    return job.done


def _check_disk_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free - RESERVE
    if needed > free:
        gib = [f"{max(0, size) / 2**30:,.1f}" for size in (needed, free)]
        raise PageError("failure.disk", needed=gib[0], free=gib[1])


def _with_own_file(texts: Texts, folder: Path) -> Texts:
    """The same texts from a file in the folder, which is not deleted before the vectors."""
    if not texts.path:
        return texts
    path = folder / "texts" / Path(texts.path).name
    path.parent.mkdir()
    with contextlib.suppress(OSError):
        os.link(texts.path, path)
    if not path.exists():  # another disk
        shutil.copyfile(texts.path, path)
    return replace(texts, path=str(path))
