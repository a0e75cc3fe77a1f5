"""A sample of a large corpus, with a graph of its own.

Dividing or drawing a kNN graph of millions of texts takes more time and memory than making it. So
that is done for a sample; each of the other texts follows its neighbors in the graph of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.knn_graph import KnnGraph, knn_graph
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

MOST = 500_000
"""Texts of a sample; a corpus of fewer is taken whole."""


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
