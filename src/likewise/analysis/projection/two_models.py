"""A map of the same texts by two models: both planes, and which texts have other neighbors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.cluster import ClusterSettings, width
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.neighbors.graph import KnnGraph, row_blocks
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.projection.map import Map, make_map
from likewise.analysis.projection.projection import Positions, fitted, project
from likewise.analysis.unique_corpus import unique_corpus
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix
from likewise.wording import counted

NEIGHBORS = 10
"""Neighbors of each text that are compared."""


@dataclass(frozen=True)
class TwoModels:
    """A corpus by two models.

    Attributes:
        map: by the first one.
        positions: by the second one, float32 `[n, 2]`, in [-1, 1], turned to fit the first.
        shared: float32 `[n]`, share of the nearest neighbors of each text that both models have.
        neighbors: how many neighbors that is of; copies of a text count once.
        before: int32 `[n, k]`, the nearest by the first model, as rows of the records.
        after: int32 `[n, k]`, the nearest by the second model.
    """

    map: Map
    positions: Positions
    shared: NDArray[np.float32]
    neighbors: int
    before: NDArray[np.int32]
    after: NDArray[np.int32]


def map_two_models(
    corpus: EmbeddedCorpus,
    vectors: Matrix,
    *,
    seed: int = 0,
    progress: ProgressFactory = no_progress,
) -> TwoModels:
    """Project a corpus by its own vectors and by those of another model.

    Args:
        corpus: its texts and vectors.
        vectors: float32 `[n, dimension]` of length 1, of the same texts by the other model.
        seed: of the clusters.
        progress: opens a bar for each stage.

    Raises:
        InputError: another number of vectors, or nothing to compare.
        MissingExtraError: the extra `explore` is not installed.
    """
    if len(vectors) != len(corpus):
        raise InputError(
            f"{counted(len(vectors), 'vector')} for {counted(len(corpus), 'text')}",
            hint="encode the same texts",
        )
    drawn = make_map(corpus, choices=ClusterSettings(runs=0, seed=seed), progress=progress)
    distinct = unique_corpus(corpus)
    _, first = np.unique(distinct.rows, return_index=True)
    own = knn_graph(distinct.corpus, width(len(first)), progress=progress)
    other_vectors = np.ascontiguousarray(vectors[first])
    other = knn_graph(other_vectors, width(len(first)), progress=progress)
    plane = project(other_vectors, other, seed=seed, progress=progress)
    turned = _aligned(plane.positions, drawn.projection.positions)
    k = min(NEIGHBORS, own.k)
    before, after = own.nearest(k), other.nearest(k)
    return TwoModels(
        drawn, turned[distinct.rows], _shared(before, after)[distinct.rows], k,
        first[before.indices][distinct.rows].astype(np.int32),
        first[after.indices][distinct.rows].astype(np.int32),
    )  # fmt: skip


def _shared(one: KnnGraph, two: KnnGraph) -> NDArray[np.float32]:
    """The share of each text's neighbors that both graphs have."""
    shared = np.empty(len(one.indices), np.float32)
    for rows in row_blocks(len(shared)):
        same = one.indices[rows, :, None] == two.indices[rows, None, :]
        shared[rows] = same.any(axis=2).mean(axis=1)
    return shared


def _aligned(positions: Positions, target: Positions) -> Positions:
    """Positions turned, and mirrored where that fits better, like the target's (Procrustes)."""
    moved = positions - positions.mean(axis=0)
    left, _, right = np.linalg.svd(moved.T @ (target - target.mean(axis=0)))
    return fitted(np.asarray(moved @ (left @ right), np.float32))
