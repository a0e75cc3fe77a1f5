"""Nearest neighbours by comparing with every vector: the baseline for the recall of an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

if TYPE_CHECKING:
    from lancedb.table import Table

BLOCK = 16_384
"""Vectors compared at a time."""


@dataclass(frozen=True)
class ScanBlock:
    """Some rows of a collection.

    Attributes:
        row_ids: the store's own numbers of the rows, uint64 `[n]`.
        vectors: as they are stored, `[n, d]`.
    """

    row_ids: NDArray[np.uint64]
    vectors: NDArray[Any]


@dataclass(frozen=True)
class FlatNeighbors:
    """The nearest rows of each query, best first.

    Attributes:
        row_ids: uint64 `[queries, k]`.
        scores: similarities, float32 `[queries, k]`.
    """

    row_ids: NDArray[np.uint64]
    scores: NDArray[np.float32]


def blocks(table: Table) -> Iterator[ScanBlock]:
    """All rows of a table as they come."""
    query = table.search().select(["vector"]).with_row_id(True)
    for part in query.to_batches(batch_size=BLOCK):
        if len(part):
            column = part["vector"]
            values = column.flatten().to_numpy(zero_copy_only=False)
            yield ScanBlock(part["_rowid"].to_numpy(), values.reshape(len(part), -1))


def nearest(
    source: Iterable[ScanBlock],
    queries: NDArray[np.float32],
    k: int,
    measure: str,
    allowed: NDArray[np.uint64] | None = None,
) -> FlatNeighbors:
    """The k nearest rows by an exact search, in memory of one block.

    Args:
        source: the rows.
        queries: float32 `[q, d]`.
        k: how many.
        measure: `cosine`, `dot` or `euclidean`.
        allowed: sorted numbers of the rows that count; None for all.
    """
    best = FlatNeighbors(
        np.empty((len(queries), 0), np.uint64), np.empty((len(queries), 0), np.float32)
    )
    for block in source:
        row_ids, matrix = block.row_ids, block.vectors
        if allowed is not None:
            keep = np.isin(row_ids, allowed, assume_unique=True)
            row_ids, matrix = row_ids[keep], matrix[keep]
        if not len(row_ids):
            continue
        scores = vectors.similarity(queries, matrix, measure)
        top = vectors.top_k(scores, min(k, len(row_ids)))
        together = np.concatenate([best.scores, top.scores], axis=1)
        numbers = np.concatenate([best.row_ids, row_ids[top.indices]], axis=1)
        top = vectors.top_k(together, min(k, together.shape[1]))
        best = FlatNeighbors(np.take_along_axis(numbers, top.indices, axis=1), top.scores)
    return best
