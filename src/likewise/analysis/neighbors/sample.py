"""A sample of a large corpus, and how what is found for it extends to the other texts.

Dividing or drawing a kNN graph of millions of texts takes more time and memory than making it. So
that is done for a sample; each of the other texts follows its neighbors in the graph of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.knn_graph import KnnGraph, knn_graph
from likewise.extras import require
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

MOST = 500_000
"""Texts of a sample; a corpus of fewer is taken whole."""

_BLOCK = 65_536
"""Rows at once."""

_NEAREST = 3
"""Neighbors that a place is the mean of."""


@dataclass(frozen=True)
class Sample:
    """Some texts of a corpus, or all of them.

    Attributes:
        rows: int64 `[s]`, ascending: the row of each in the corpus.
        vectors: float32 `[s, dimension]`, of length 1.
        graph: their kNN graph, of which the indices are places in the sample.
        whole: the graph of the corpus.
    """

    rows: NDArray[np.int64]
    vectors: Matrix
    graph: KnnGraph
    whole: KnnGraph

    @property
    def complete(self) -> bool:
        """Whether it is the whole corpus."""
        return self.graph is self.whole

    def vote(self, labels: NDArray[np.int32], vectors: Matrix) -> NDArray[np.int32]:
        """The labels of all texts.

        A text that is not in the sample gets the label with the most weight among its neighbors
        that are; where there are none, that of the nearest center.

        Args:
            labels: int32 `[s]`, from 0.
            vectors: float32 `[n, dimension]`, of the corpus.
        """
        if self.complete:
            return labels
        sparse = require("scipy.sparse", "explore")
        count = int(labels.max()) + 1
        centers = np.zeros((count, vectors.shape[1]), np.float32)
        np.add.at(centers, labels, self.vectors)
        centers /= np.maximum(np.linalg.norm(centers, axis=1, keepdims=True), 1e-12)
        known = np.full(len(vectors), -1, np.int32)
        known[self.rows] = labels
        voted = known.copy()
        for rows in _blocks(np.flatnonzero(known < 0)):
            near = self.whole.indices[rows]
            found = np.where(near >= 0, known[near], -1)
            place, neighbor = np.nonzero(found >= 0)
            weights = np.maximum(self.whole.similarities[rows][place, neighbor], 1e-2) ** 3
            votes = sparse.csr_matrix(
                (weights, (place, found[place, neighbor])), shape=(len(rows), count)
            )
            chosen = np.asarray(votes.argmax(axis=1)).ravel()
            alone = np.diff(votes.indptr) == 0
            chosen[alone] = (np.asarray(vectors[rows[alone]]) @ centers.T).argmax(axis=1)
            voted[rows] = chosen
        return voted

    def place(self, positions: NDArray[np.float32]) -> NDArray[np.float32]:
        """The positions of all texts.

        A text that is not in the sample is put between its nearest neighbors that are; where there
        are none, between those that have been placed, and so on.

        Args:
            positions: float32 `[s, 2]`.

        Returns:
            float32 `[n, 2]`.
        """
        if self.complete:
            return positions
        count = len(self.whole.indices)
        placed = np.zeros((count, positions.shape[1]), np.float32)
        placed[self.rows] = positions
        known = np.zeros(count, np.bool_)
        known[self.rows] = True
        waiting = np.flatnonzero(~known)
        while len(waiting):
            before = known.copy()
            for rows in _blocks(waiting):
                near = self.whole.indices[rows]
                usable = (near >= 0) & before[near]
                usable &= np.cumsum(usable, axis=1) <= _NEAREST  # the nearest are first
                weights = np.where(usable, np.maximum(self.whole.similarities[rows], 1e-2) ** 3, 0)
                total = weights.sum(axis=1)
                there = total > 0
                means = np.einsum("nk,nkd->nd", weights[there], placed[near[there]])
                placed[rows[there]] = means / total[there, None]
                known[rows[there]] = True
            left = waiting[~known[waiting]]
            if len(left) == len(waiting):  # a group of its own, of which nothing is in the sample
                placed[left] = positions.mean(axis=0)
                break
            waiting = left
        return placed


def sample(
    vectors: Matrix,
    whole: KnnGraph,
    *,
    most: int = MOST,
    seed: int = 0,
    progress: ProgressFactory = no_progress,
) -> Sample:
    """Draw a sample, and make its graph.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        whole: their kNN graph.
        most: texts of the sample; with as many or fewer texts, all are taken.
        seed: the same seed draws the same texts.
        progress: opens a bar, where there is work to do.
    """
    count = len(vectors)
    if count <= most:
        return Sample(np.arange(count), vectors, whole, whole)
    rows = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    drawn = np.asarray(vectors[rows], np.float32)
    return Sample(rows, drawn, knn_graph(drawn, whole.k, progress=progress), whole)


def _blocks(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]
