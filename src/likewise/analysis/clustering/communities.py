"""Communities in the kNN graph, found by Leiden's algorithm.

Traag, Waltman, van Eck (2019), From Louvain to Leiden: guaranteeing well-connected communities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import edge_weights, row_blocks
from likewise.extras import require

Labels = NDArray[np.int32]
Floats = NDArray[np.float32]

ITERATIONS = 2
"""Iterations of Leiden, each starting from the last partition; after two little changes."""


def as_matrix(indices: NDArray[Any], similarities: Floats) -> Any:
    """The graph as a symmetric sparse matrix: cubed similarities, twice for mutual neighbors.

    Args:
        indices: `[n, k]`, each row's neighbors, itself excluded; -1 is none.
        similarities: float32 `[n, k]`, cosines; those below 0 count as 0.
    """
    sparse = require("scipy.sparse", "explore")
    count, width = indices.shape
    rows = np.repeat(np.arange(count, dtype=np.int32), width)
    columns = indices.ravel()
    weights = edge_weights(similarities.ravel())
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


def by_size(labels: NDArray[Any]) -> Labels:
    """The same groups numbered from 0, the largest first; -1 stays."""
    names, first, counts = np.unique(labels[labels >= 0], return_index=True, return_counts=True)
    place = np.full(int(names.max(initial=-1)) + 2, -1, np.int32)
    place[names[np.lexsort((first, -counts))]] = np.arange(len(names), dtype=np.int32)
    numbered: Labels = place[labels]  # -1 reads the last place, which is -1
    return numbered


def modularity(weights: NDArray[np.float64], labels: Labels) -> float:
    """How much more weight lies inside the groups than expected at random, up to 1.

    Args:
        weights: float64 `[n, n]`, of a graph, symmetric.
        labels: int32 `[n]`, from 0.
    """
    total = float(weights.sum())
    if not total:
        return 0.0
    inside = float(weights[labels[:, None] == labels].sum())
    by_group = np.bincount(labels, weights=weights.sum(axis=1))
    return inside / total - float(((by_group / total) ** 2).sum())


def absorbed(matrix: Any, labels: Labels, smallest: int, within: Labels | None = None) -> Labels:
    """Groups of fewer than `smallest` rows join the group they have most weight with.

    Args:
        matrix: the graph, sparse and symmetric.
        labels: int32 `[n]`, from 0.
        smallest: least number of rows.
        within: int32 `[n]`, the larger group that each group is part of and stays in.

    Returns:
        int32 `[n]`, numbered from 0; a group that has no neighbor stays.
    """
    small = np.bincount(labels) < smallest
    if small.all() or not small.any():
        return labels
    edges = _between(matrix, labels).tocoo()
    usable = small[edges.row] & ~small[edges.col]
    if within is not None:
        above = np.zeros(len(small), np.int64)
        above[labels] = within
        usable &= above[edges.row] == above[edges.col]
    target = np.arange(len(small))
    order = np.argsort(edges.data[usable], kind="stable")  # the heaviest is written last
    target[edges.row[usable][order]] = edges.col[usable][order]
    joined: Labels = np.unique(target[labels], return_inverse=True)[1].astype(np.int32)
    return joined


def between(matrix: Any, labels: Labels) -> NDArray[np.float64]:
    """Weight of the graph between each two groups: float64 `[groups, groups]`."""
    return np.asarray(_between(matrix, labels).toarray(), np.float64)


def _between(matrix: Any, labels: Labels) -> Any:
    sparse = require("scipy.sparse", "explore")
    ones, count = np.ones(len(labels)), int(labels.max(initial=-1)) + 1
    members = sparse.csr_matrix((ones, (labels, np.arange(len(labels)))), (count, len(labels)))
    return members @ matrix @ members.T


def codelength(matrix: Any, labels: Labels) -> float:
    """Bits for each step of a random walk on the graph, if groups are used to describe it.

    Rosvall, Bergstrom (2008), Maps of random walks on complex networks reveal community structure.

    Args:
        matrix: the graph, sparse and symmetric.
        labels: int32 `[n]`, from 0.
    """
    total = float(matrix.sum())
    if not total:
        return 0.0
    edges = matrix.tocoo()
    visits = np.asarray(matrix.sum(axis=1)).ravel() / total
    crossing = labels[edges.row] != labels[edges.col]
    groups = int(labels.max(initial=0)) + 1
    exits = np.bincount(
        labels[edges.row[crossing]], weights=edges.data[crossing], minlength=groups
    ) / total  # fmt: skip
    inside = np.bincount(labels, weights=visits, minlength=groups)
    return (
        _plogp(exits.sum()) - 2 * _plogp(exits) - _plogp(visits) + _plogp(exits + inside)
    )  # fmt: skip


def _plogp(shares: Any) -> float:
    positive = np.atleast_1d(shares)[np.atleast_1d(shares) > 0]
    return float((positive * np.log2(positive)).sum())


def sums(vectors: NDArray[Any], labels: Labels, count: int) -> Floats:
    """Sum of the vectors of each group: float32 `[count, dimension]`."""
    sparse = require("scipy.sparse", "explore")
    ones = np.ones(len(labels), np.float32)
    members = sparse.csr_matrix((ones, (labels, np.arange(len(labels)))), (count, len(labels)))
    return np.asarray(members @ vectors, np.float32)


def unit(vectors: Floats) -> Floats:
    """The same directions with length 1."""
    return np.asarray(
        vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32
    )


def silhouette(vectors: Floats, labels: Labels) -> float:
    """Mean silhouette of unit vectors, with distances from centroids (Hruschka et al. 2006).

    A vector does not count toward its own centroid; one alone in its group has a silhouette of 0.

    Args:
        vectors: float32 `[n, dimension]`, of length 1.
        labels: int32 `[n]`, from 0.
    """
    groups = int(labels.max()) + 1
    totals = sums(vectors, labels, groups)
    centroids = unit(totals)
    scores = np.empty(len(vectors))
    for start in range(0, len(vectors), 4096):
        part, own = vectors[start : start + 4096], labels[start : start + 4096]
        places = np.arange(len(part))
        cosines = part @ centroids.T
        cosines[places, own] = -np.inf
        others = totals[own] - part
        lengths = np.linalg.norm(others, axis=1)
        near = 1 - (others * part).sum(axis=1) / np.maximum(lengths, 1e-12)
        far = 1 - cosines.max(axis=1)
        score = (far - near) / np.maximum(np.maximum(near, far), 1e-12)
        scores[start : start + 4096] = np.where(lengths > 1e-6, score, 0)
    return float(scores.mean())


def agreement(indices: NDArray[Any], similarities: Floats, labels: Labels) -> Floats:
    """The share of each row's neighborhood, weighted by similarity, that is in its own group.

    Returns:
        float32 `[n]` in [0, 1]; 0 for rows in no group.
    """
    shares = np.empty(len(labels), np.float32)
    for rows in row_blocks(len(labels)):
        near = indices[rows]
        weights = np.where(near >= 0, np.maximum(similarities[rows], 1e-6), 0)
        own = (labels[near] == labels[rows, None]) & (labels[rows] >= 0)[:, None]
        total = weights.sum(axis=1)
        shares[rows] = np.where(own, weights, 0).sum(axis=1) / np.where(total > 0, total, 1)
    return shares
