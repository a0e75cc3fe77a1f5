"""Pairs of near texts, with similarities that do not depend on the batch they are computed in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.progress import ProgressFactory
from likewise.vectors import Matrix

TOLERANCE = 1e-5
"""Largest difference between a float32 matrix product and the exact similarity."""
_BLOCK = 4_096
"""Pairs compared at once."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of distinct texts at or above a threshold; texts are numbered by their position.

    Attributes:
        left: int64 `[p]`.
        right: int64 `[p]`, each greater than its left one.
        similarities: float64 `[p]`.
        farthest: float32 `[m]`, for each distinct text the similarity of the farthest of the
            neighbors that were looked up.
        threshold: least similarity of the pairs.
        recall: see `KnnGraph.recall`.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarities: NDArray[np.float64]
    farthest: NDArray[np.float32]
    threshold: float
    recall: float

    @property
    def saturated(self) -> NDArray[np.int64]:
        """Positions of texts whose every neighbor is near: they may have more near ones."""
        return np.flatnonzero(self.farthest >= self.threshold - TOLERANCE)

    def at(self, threshold: float) -> Pairs:
        """The pairs at or above a higher threshold."""
        near = self.similarities >= threshold
        return Pairs(
            self.left[near], self.right[near], self.similarities[near],
            self.farthest, threshold, self.recall,
        )  # fmt: skip


def exact_cosine(a: Matrix, b: Matrix) -> NDArray[np.float64]:
    """Cosine of row i of a with row i of b, both of length 1; the same bits in any order."""
    products = a.astype(np.float64) * b.astype(np.float64)
    result: NDArray[np.float64] = np.minimum(products.sum(axis=1), 1.0)
    return result


def near_pairs(
    corpus: EmbeddedCorpus,
    rows: NDArray[np.int64],
    positions: NDArray[np.int64],
    threshold: float,
    *,
    k: int,
    progress: ProgressFactory,
) -> Pairs:
    """Pairs of distinct texts at or above a threshold, among the k nearest neighbors of each.

    Args:
        corpus: n records, at least two of them distinct.
        rows: `[m]` the row of each distinct text.
        positions: `[n]` the distinct text of each row.
        threshold: the least similarity.
        k: neighbors looked up.
        progress: opens a bar.
    """
    graph = knn_graph(corpus, k, progress=progress)
    here, rank = np.nonzero(graph.similarities >= threshold - TOLERANCE)
    ends = np.stack([positions[here], positions[graph.indices[here, rank]]])
    ends = ends[:, ends[0] != ends[1]]
    code = np.unique(ends.min(axis=0) * len(rows) + ends.max(axis=0))
    left, right = np.divmod(code, len(rows))
    scores = np.empty(len(code))
    for start in range(0, len(code), _BLOCK):
        part = slice(start, start + _BLOCK)
        a, b = corpus.vectors[rows[left[part]]], corpus.vectors[rows[right[part]]]
        scores[part] = exact_cosine(a, b)
        release(corpus.vectors)
    farthest = np.full(len(rows), -np.inf, np.float32)
    np.maximum.at(farthest, positions, graph.similarities.min(axis=1))
    return Pairs(left, right, scores, farthest, threshold, graph.recall).at(threshold)
