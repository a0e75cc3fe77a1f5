"""Vectors mapped from a file: read from beginning to end, without its pages staying in memory.

Pages of a mapped file count as memory of the process once they were touched, and the system brings
whole neighbourhoods of a touched row along. So files are gone through in their own order, a block
at a time, and each block's pages are handed back.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.vectors import Matrix

_BLOCK = 16_384
"""Rows read at once: 25 MB of 384 dimensions."""


@dataclass(frozen=True)
class MatrixBlock:
    """Rows that follow each other.

    Attributes:
        rows: which.
        vectors: float32 `[rows, dimension]`, theirs; of a mapped file good until the next block.
    """

    rows: slice
    vectors: Matrix


def in_blocks(vectors: Matrix) -> Iterator[MatrixBlock]:
    """All rows in their order; pages of a mapped file are handed back block by block."""
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(vectors)))
        yield MatrixBlock(rows, vectors[rows])
        release(vectors)


def reordered(vectors: Matrix, order: NDArray[np.integer]) -> Matrix:
    """A copy of all rows in another order, as `vectors[order]`."""
    copy = np.empty(vectors.shape, vectors.dtype)
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    for block in in_blocks(vectors):
        copy[place[block.rows]] = block.vectors
    return copy


def write_rows(target: Path, vectors: Matrix, rows: NDArray[np.integer]) -> None:
    """Write some rows to a `.npy` file, which appears when it is whole.

    Args:
        target: the file.
        vectors: float32 `[n, dimension]`.
        rows: which of them, best in ascending order.

    Raises:
        OutputError: it cannot be written.
    """
    header = np.lib.format.header_data_from_array_1_0(vectors[:0])
    header["shape"] = (len(rows), vectors.shape[1])
    with atomic(target) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), _BLOCK):
            file.write(np.ascontiguousarray(vectors[rows[start : start + _BLOCK]]).data)
            release(vectors)


def release(vectors: Matrix) -> None:
    """Hand back the pages of a mapped file; they are read again when they are touched again."""
    base: object = vectors
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
