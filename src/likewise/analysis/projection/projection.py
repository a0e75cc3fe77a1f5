"""Projections of vectors onto a plane, and their trustworthiness.

The default is t-SNE (van der Maaten, Hinton 2008; openTSNE's implementation), which preserves
neighborhoods but not large distances; PCA is immediate, and coarse.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.memmap import in_blocks, release
from likewise.analysis.neighbors.knn_graph import KnnGraph
from likewise.analysis.neighbors.sample import MOST, sample
from likewise.analysis.projection.sampled import positions_of_all
from likewise.errors import InputError
from likewise.extras import require
from likewise.progress import Progress, ProgressFactory, no_progress
from likewise.vectors import Matrix

NEAR = 15
"""Neighbors on the plane that trustworthiness compares."""

SAMPLE = 1000
"""Most texts whose neighbors are compared."""

_HELD = 2**21
"""Distances held at once: 16 MiB, and a few times more while they are computed."""

_EXAGGERATED_STEPS, _STEPS = 250, 500
"""Iterations of t-SNE with and without early exaggeration, as openTSNE recommends."""

_STEP = 10
"""Iterations between two reports of progress."""

_MIN_TEXTS = 8
"""Least number of texts for t-SNE."""

Positions = NDArray[np.float32]
Method = Literal["tsne", "pca"]


@dataclass(frozen=True)
class Projection:
    """Positions on a plane.

    Attributes:
        positions: float32 `[n, 2]`, in [-1, 1], filled by the larger extent.
        method: how they were computed; `pca` where there are too few texts for t-SNE.
        trustworthiness: 1 where a text's neighbors on the plane are its true ones, .5 where they
            are random (Venna, Kaski 2001); None where there are too few texts.
        sampled: texts that it was measured on.
        placed: texts that the method placed; the others were put between their neighbors.
    """

    positions: Positions
    method: str
    trustworthiness: float | None
    sampled: int
    placed: int


def project(
    vectors: Matrix,
    graph: KnnGraph,
    method: str = "tsne",
    *,
    most: int = MOST,
    seed: int = 0,
    progress: ProgressFactory = no_progress,
) -> Projection:
    """Project vectors onto a plane.

    Of many vectors, t-SNE places a sample; the others are put between their neighbors.

    Args:
        vectors: float32 `[n, dimension]` of length 1, preferably all different.
        graph: their kNN graph.
        method: `tsne` or `pca`.
        most: vectors that t-SNE places at most.
        seed: of the samples that are placed and measured; t-SNE itself is deterministic.
        progress: opens a bar for each stage.

    Raises:
        InputError: an unknown method.
        MissingExtraError: t-SNE needs the extra `explore`.
    """
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}", hint="one of " + ", ".join(METHODS))
    if len(vectors) < _MIN_TEXTS:
        method = "pca"
    if method == "pca":
        most = len(vectors)
    drawn = sample(vectors, graph, most=most, seed=seed, progress=progress)
    positions = METHODS[method](drawn.vectors, drawn.graph, progress)
    if not drawn.complete:
        positions = positions_of_all(positions, drawn)
    measured = np.arange(len(vectors))
    if len(vectors) > SAMPLE:
        measured = np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False)
    with progress(len(measured), title="measuring the map") as advance:
        trust = trustworthiness(vectors, positions, measured, advance=advance)
    return Projection(fitted(positions), method, trust, len(measured), len(drawn.rows))


def principal_plane(vectors: Matrix) -> Positions:
    """The two principal components of vectors, in [-1, 1]: a coarse map at once."""
    return fitted(_pca_plane(vectors))


def trustworthiness(
    vectors: Matrix,
    positions: NDArray[Any],
    rows: NDArray[Any],
    near: int = NEAR,
    *,
    advance: Progress | None = None,
) -> float | None:
    """Trustworthiness of the neighbors of some rows on the plane, among all rows.

    A neighbor on the plane that is not a true one counts by its true rank.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        positions: `[n, 2]`.
        rows: those that are compared.
        near: neighbors of each.
        advance: called with the number of rows that are finished.

    Returns:
        At most 1; None where there are not more than twice as many rows as neighbors.
    """
    count = len(vectors)
    near = min(near, (count - 1) // 2)
    if near < 1:
        return None
    excess = 0.0
    points = positions.astype(np.float64)
    size = max(1, min(64, _HELD // count))
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        own = np.arange(len(block))
        distance = np.add(*((points[block, n, None] - points[:, n]) ** 2 for n in range(2)))
        distance[own, block] = np.inf
        close = np.argpartition(distance, near - 1, axis=1)[:, :near]
        scores = vectors[block] @ vectors.T
        scores[own, block] = -np.inf
        for own_scores, chosen in zip(scores, close, strict=True):
            ranks = 1 + (own_scores > own_scores[chosen, None]).sum(axis=1)
            excess += float(np.maximum(ranks - near, 0).sum())
        if advance:
            advance(len(block))
    release(vectors)
    return 1 - 2 * excess / (len(rows) * near * (2 * count - 3 * near - 1))


def _pca(vectors: Matrix, graph: KnnGraph, progress: ProgressFactory) -> Positions:  # noqa: ARG001
    return _pca_plane(vectors)


def _pca_plane(vectors: Matrix) -> Positions:
    """The two principal components."""
    mean, scatter = _moments(vectors)
    _, directions = np.linalg.eigh(scatter)
    chosen = directions[:, ::-1][:, :2]
    # a component and its opposite are equivalent; the one whose largest entry is positive is used
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    plane = np.zeros((len(vectors), 2), np.float32)
    for block in in_blocks(vectors):
        plane[block.rows, : chosen.shape[1]] = (block.vectors - mean) @ (chosen * signs)
    return plane


def _moments(vectors: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean, `[d]`, and the scatter matrix, `[d, d]`, block by block."""
    mean = np.zeros(vectors.shape[1])
    for block in in_blocks(vectors):
        mean += block.vectors.sum(axis=0, dtype=np.float64)
    mean /= len(vectors)
    scatter = np.zeros((len(mean), len(mean)))
    for block in in_blocks(vectors):
        centered = block.vectors - mean
        scatter += centered.T @ centered
    return mean, scatter


def _tsne(vectors: Matrix, graph: KnnGraph, progress: ProgressFactory) -> Positions:
    """t-SNE initialized with the PCA, so that it is deterministic."""
    tsne = require("openTSNE", "explore")
    neighbors = require("openTSNE.nearest_neighbors", "explore").PrecomputedNeighbors(
        graph.indices.astype(np.int64),
        # openTSNE works with distances; of unit vectors they follow from the cosine
        np.sqrt(np.maximum(2 - 2 * graph.similarities.astype(np.float64), 0)),
    )
    start = _pca_plane(vectors).astype(np.float64)
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-12)
    with (
        warnings.catch_warnings(),
        progress(_EXAGGERATED_STEPS + _STEPS, title="projecting", unit="steps") as b,
    ):
        warnings.simplefilter("ignore")  # about few neighbors, which a small corpus cannot avoid
        affinities = tsne.affinity.PerplexityBasedNN(
            knn_index=neighbors, perplexity=max(graph.k / 3, 1.0), n_jobs=-1
        )
        plane = tsne.TSNE(
            early_exaggeration_iter=_EXAGGERATED_STEPS,
            n_iter=_STEPS,
            n_jobs=-1,
            random_state=0,
            callbacks=lambda *_: b(_STEP),
            callbacks_every_iters=_STEP,
        ).fit(affinities=affinities, initialization=start)
    return np.asarray(plane, np.float32)


def fitted(positions: Positions) -> Positions:
    """Shifted and scaled into [-1, 1], both axes by the same factor."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    extent = max(float((high - low).max()), 1e-12)
    return np.asarray((positions - (low + high) / 2) * (2 / extent), np.float32)


METHODS: Mapping[str, Callable[[Matrix, KnnGraph, ProgressFactory], Positions]] = MappingProxyType(
    {"tsne": _tsne, "pca": _pca}
)
"""Projection methods by name."""
