"""The kNN graph, and the search structure that fills it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.memmap import in_blocks
from likewise.vectors import Matrix

SPARE = 4
"""Candidates that are held beyond the k nearest."""

SHARPNESS = 3
"""Power of the similarities in a graph: near neighbors count more than distant ones."""

_BLOCK = 65_536
"""Rows whose neighborhoods are looked at together."""

_VALUES = 2**23
"""Values of neighbors' vectors that are gathered at once: 32 MiB."""


@dataclass(frozen=True)
class KnnGraph:
    """The nearest neighbors of every text, itself excluded, the nearest first.

    Attributes:
        indices: int32 `[n, k]`.
        similarities: float32 `[n, k]`, cosine, descending; exact.
        recall: share of the true k nearest that were found, measured on a sample; 1 where every
            pair was compared.
    """

    indices: NDArray[np.int32]
    similarities: Matrix
    recall: float = 1.0

    @property
    def k(self) -> int:
        """Neighbors of each text."""
        return int(self.indices.shape[1])

    def nearest(self, k: int) -> KnnGraph:
        """The graph of the k nearest alone."""
        return KnnGraph(self.indices[:, :k], self.similarities[:, :k], self.recall)


def row_blocks(count: int) -> Iterator[slice]:
    """Ranges of rows whose neighborhoods fit in memory together."""
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))


def edge_weights(similarities: Matrix) -> NDArray[np.float64]:
    """How much each neighbor counts: cubed similarities; those below 0.01 count as that."""
    return np.maximum(similarities, 1e-2).astype(np.float64) ** SHARPNESS


class NeighborSearch:
    """The best candidates seen so far for each row.

    Some more than k are held, so that of equally near ones the same are chosen, whatever the last
    bits of the scores are.

    Args:
        n: rows.
        k: neighbors of each.

    Attributes:
        indices: int32 `[n, k + SPARE]`, unordered.
        similarities: float32 `[n, k + SPARE]`.
    """

    def __init__(self, n: int, k: int) -> None:
        self._k = k
        self.indices = np.zeros((n, k + SPARE), np.int32)
        self.similarities = np.full((n, k + SPARE), -np.inf, np.float32)
        self._least = np.full(n, -np.inf, np.float32)

    def offer(self, rows: NDArray[Any], candidates: NDArray[Any], scores: Matrix) -> None:
        """Add candidates, the same for all these rows, where they are among their best.

        Args:
            rows: r rows.
            candidates: c rows.
            scores: `[r, c]`, of each row with each candidate; -inf where it is excluded.
        """
        held = self.indices.shape[1]
        better = np.flatnonzero(scores.max(axis=1) > self._least[rows])
        rows = rows[better]
        if not len(rows):
            return
        joined = np.concatenate([self.similarities[rows], scores[better]], axis=1)
        chosen = np.argpartition(-joined, held - 1, axis=1)[:, :held]
        similarities = np.take_along_axis(joined, chosen, axis=1)
        previous = np.take_along_axis(self.indices[rows], np.minimum(chosen, held - 1), axis=1)
        offered = candidates[np.maximum(chosen - held, 0)]
        self.indices[rows] = np.where(chosen < held, previous, offered)
        self.similarities[rows] = similarities
        self._least[rows] = similarities.min(axis=1)

    def graph(self, vectors: Matrix, recall: float = 1.0) -> KnnGraph:
        """The nearest first; of equal ones the earlier row.

        The similarities are computed again, each in the same way: those of a matrix product differ
        in their last bits with the size of the blocks and the number of threads.

        Args:
            vectors: float32 `[n, dimension]` of length 1.
            recall: of the graph.
        """
        nearest = np.empty((len(self.indices), self._k), np.int32)
        similarities = np.empty(nearest.shape, np.float32)
        size = max(1, _VALUES // max(1, self.indices.shape[1] * vectors.shape[1]))
        for start in range(0, len(nearest), size):
            block = slice(start, start + size)
            indices = self.indices[block]
            near = np.einsum("nkd,nd->nk", vectors[indices], vectors[block])
            near[np.isneginf(self.similarities[block])] = -np.inf  # fewer than k were compared
            order = np.lexsort((indices, -near), axis=1)[:, : self._k]
            nearest[block] = np.take_along_axis(indices, order, axis=1)
            similarities[block] = np.take_along_axis(near, order, axis=1)
        return KnnGraph(nearest, np.minimum(similarities, np.float32(1)), recall)


def own_order(vectors: Matrix) -> NDArray[np.intp]:
    """An order of vectors that does not depend on the order they are passed in.

    A random sample of them is then the same sample in any order.
    """
    first = np.empty((len(vectors), min(4, vectors.shape[1])), np.float32)
    for block in in_blocks(vectors):
        first[block.rows] = block.vectors[:, :4]
    return np.lexsort(first.T)
