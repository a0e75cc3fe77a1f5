"""The kNN graph, and the search structure that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.memmap import in_blocks
from likewise.vectors import Matrix


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


class NeighborSearch:
    """The best candidates seen so far for each row.

    Attributes:
        indices: int32 `[n, k]`, unordered until `graph`.
        similarities: float32 `[n, k]`.
    """

    def __init__(self, n: int, k: int) -> None:
        self.indices = np.zeros((n, k), np.int32)
        self.similarities = np.full((n, k), -np.inf, np.float32)
        self._least = np.full(n, -np.inf, np.float32)

    def offer(self, rows: NDArray[Any], candidates: NDArray[Any], scores: Matrix) -> None:
        """Add candidates, the same for all these rows, where they are among their best.

        Args:
            rows: r rows.
            candidates: c rows.
            scores: `[r, c]`, of each row with each candidate; -inf where it is excluded.
        """
        k = self.indices.shape[1]
        better = np.flatnonzero(scores.max(axis=1) > self._least[rows])
        rows = rows[better]
        if not len(rows):
            return
        joined = np.concatenate([self.similarities[rows], scores[better]], axis=1)
        chosen = np.argpartition(-joined, k - 1, axis=1)[:, :k]
        similarities = np.take_along_axis(joined, chosen, axis=1)
        previous = np.take_along_axis(self.indices[rows], np.minimum(chosen, k - 1), axis=1)
        self.indices[rows] = np.where(chosen < k, previous, candidates[np.maximum(chosen - k, 0)])
        self.similarities[rows] = similarities
        self._least[rows] = similarities.min(axis=1)

    def graph(self, recall: float = 1.0) -> KnnGraph:
        """The nearest first; of equal ones the earlier row."""
        for start in range(0, len(self.indices), 16_384):
            block = slice(start, start + 16_384)
            indices, near = self.indices[block], self.similarities[block]
            order = np.lexsort((indices, -near), axis=1)
            self.indices[block] = np.take_along_axis(indices, order, axis=1)
            self.similarities[block] = np.take_along_axis(near, order, axis=1)
        return KnnGraph(self.indices, np.minimum(self.similarities, np.float32(1)), recall)


def own_order(vectors: Matrix) -> NDArray[np.intp]:
    """An order of vectors that does not depend on the order they are passed in.

    A random sample of them is then the same sample in any order.
    """
    first = np.empty((len(vectors), min(4, vectors.shape[1])), np.float32)
    for block in in_blocks(vectors):
        first[block.rows] = block.vectors[:, :4]
    return np.lexsort(first.T)
