"""Memory-mapped vectors, read block by block without holding the file in memory.

Pages of a memory-mapped file count as memory of the process once they were accessed, and the system
reads ahead around each access. So files are read in their own order, and the pages of each block
are released after it.
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
    """Consecutive rows.

    Attributes:
        rows: their range.
        vectors: float32 `[rows, dimension]`, valid until the next block.
    """

    rows: slice
    vectors: Matrix


def in_blocks(vectors: Matrix) -> Iterator[MatrixBlock]:
    """All rows in their order; pages of a memory-mapped file are released block by block."""
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(vectors)))
        yield MatrixBlock(rows, vectors[rows])
        release(vectors)


def reordered(vectors: Matrix, order: NDArray[np.integer]) -> Matrix:
    """A copy of all rows in another order, as `vectors[order]`."""
    copy = np.empty(vectors.shape, vectors.dtype)
    position = np.empty(len(order), np.intp)
    position[order] = np.arange(len(order))
    for block in in_blocks(vectors):
        copy[position[block.rows]] = block.vectors
    return copy


def write_rows(target: Path, vectors: Matrix, rows: NDArray[np.integer]) -> None:
    """Write rows to a `.npy` file, atomically.

    Args:
        target: the file.
        vectors: float32 `[n, dimension]`.
        rows: the rows to write, preferably in ascending order.

    Raises:
        OutputError: the file cannot be written.
    """
    header = np.lib.format.header_data_from_array_1_0(vectors[:0])
    header["shape"] = (len(rows), vectors.shape[1])
    with atomic(target) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), _BLOCK):
            file.write(np.ascontiguousarray(vectors[rows[start : start + _BLOCK]]).data)
            release(vectors)


def release(vectors: Matrix) -> None:
    """Release the pages of a memory-mapped file; they are read again at the next access."""
    base: object = vectors
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
