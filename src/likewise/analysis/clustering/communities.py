"""Communities in the kNN graph, found by Leiden's algorithm.

Traag, Waltman, van Eck (2019), From Louvain to Leiden: guaranteeing well-connected communities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.extras import require

Labels = NDArray[np.int32]
Floats = NDArray[np.float32]

ITERATIONS = 5
"""Iterations of Leiden, each starting from the last partition; after five little changes."""


def as_matrix(indices: NDArray[Any], similarities: Floats) -> Any:
    """The graph as a symmetric sparse matrix: neighbors of each other weigh twice.

    Args:
        indices: `[n, k]`, each row's neighbors, itself excluded; -1 is none.
        similarities: float32 `[n, k]`, cosines; those below 0 count as 0.
    """
    sparse = require("scipy.sparse", "explore")
    count, width = indices.shape
    rows = np.repeat(np.arange(count, dtype=np.int32), width)
    columns = indices.ravel()
    weights = np.maximum(similarities.ravel(), 1e-6).astype(np.float64)
    there = columns >= 0
    matrix = sparse.csr_matrix(
        (weights[there], (rows[there], columns[there])), shape=(count, count)
    )
    both = (matrix + matrix.T).tocsr()
    both.sort_indices()
    return both


def leiden(matrix: Any, *, resolution: float = 1.0, seed: int = 0) -> Labels:
    """Communities of a symmetric sparse matrix, the largest first: int32 `[n]`."""
    native = require("graspologic_native", "explore")
    if matrix.nnz == 0:
        return np.arange(matrix.shape[0], dtype=np.int32)
    _, found = native.leiden_csr(
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float64, copy=False),
        matrix.shape[0],
        resolution=resolution,
        iterations=ITERATIONS,
        seed=seed,
    )
    labels = np.full(matrix.shape[0], -1, np.int32)
    labels[list(found.keys())] = list(found.values())
    alone = labels < 0
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum(), dtype=np.int32)
    return by_size(labels)


def kmeans(vectors: Floats, clusters: int, *, seed: int = 0) -> Labels:
    """Clusters of unit vectors by k-means, the largest first: int32 `[n]`."""
    found = (
        require("sklearn.cluster", "explore")
        .KMeans(clusters, n_init=3, random_state=seed)
        .fit_predict(vectors)
    )
    return by_size(found)


def by_size(labels: NDArray[Any]) -> Labels:
    """The same groups numbered from 0, the largest first; -1 stays."""
    names, first, counts = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    place = np.full(int(names.max(initial=-1)) + 2, -1, np.int32)
    place[names[np.lexsort((first, -counts))]] = np.arange(len(names), dtype=np.int32)
    numbered: Labels = place[labels]  # -1 reads the last place, which is -1
    return numbered


def without_small(labels: Labels, smallest: int) -> Labels:
    """Groups of fewer than `smallest` rows become -1; the others keep their numbers."""
    sizes = np.bincount(labels + 1)
    return np.where(sizes[labels + 1] >= smallest, labels, -1).astype(np.int32)


def modularity(matrix: Any, labels: Labels) -> float:
    """How much more weight lies inside the groups than expected at random, up to 1."""
    total = float(matrix.sum())
    if not total:
        return 0.0
    edges = matrix.tocoo()
    inside = float(edges.data[labels[edges.row] == labels[edges.col]].sum())
    degrees = np.asarray(matrix.sum(axis=1)).ravel()
    by_group = np.bincount(labels, weights=degrees)
    return inside / total - float(((by_group / total) ** 2).sum())


def agreement(indices: NDArray[Any], similarities: Floats, labels: Labels) -> Floats:
    """The share of each row's neighborhood, weighted by similarity, that is in its own group.

    Returns:
        float32 `[n]` in [0, 1]; 0 for rows in no group.
    """
    there = indices >= 0
    weights = np.where(there, np.maximum(similarities, 1e-6), 0)
    own = (labels[indices] == labels[:, None]) & (labels >= 0)[:, None]
    total = weights.sum(axis=1)
    share = np.where(own, weights, 0).sum(axis=1) / np.where(total > 0, total, 1)
    return np.asarray(share, np.float32)
