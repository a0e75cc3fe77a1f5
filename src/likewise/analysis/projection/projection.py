"""Vectors laid out on a plane, and how far the plane can be trusted.

The default is t-SNE (van der Maaten, Hinton 2008; openTSNE's implementation), which keeps
neighbours together and says little of what is far apart; PCA is there at once, and coarse.
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
from likewise.errors import InputError
from likewise.extras import require
from likewise.progress import Progress, ProgressFactory, no_progress
from likewise.vectors import Matrix

NEAR = 15
"""Neighbours on the plane that trustworthiness looks at."""

SAMPLE = 1000
"""Texts whose neighbours are looked at, where there are more."""

_HELD = 2**21
"""Distances held at once: 16 MiB, and a few times more while they are made."""

_EARLY, _LATE = 250, 500
"""Iterations of t-SNE: groups apart first, then in place. What openTSNE advises."""

_STEP = 10
"""Iterations between two signs of life."""

_LEAST = 8
"""Texts below which t-SNE has nothing to work with."""

Positions = NDArray[np.float32]
Method = Literal["tsne", "pca"]


@dataclass(frozen=True)
class Projection:
    """A plane.

    Attributes:
        positions: float32 `[n, 2]`, in [-1, 1], the larger extent filling it.
        method: what laid it out; `pca` too where there are too few texts for the method asked for.
        trustworthiness: 1 where a text's neighbours on the plane are its true ones, .5 where they
            are chance (Venna, Kaski 2001); None where there are too few texts to say.
        sampled: texts that it was measured on.
    """

    positions: Positions
    method: str
    trustworthiness: float | None
    sampled: int


def project(
    vectors: Matrix,
    graph: KnnGraph,
    method: str = "tsne",
    *,
    seed: int = 0,
    progress: ProgressFactory = no_progress,
) -> Projection:
    """Lay vectors out on a plane.

    Args:
        vectors: float32 `[n, dimension]` of length 1, no two the same if it can be helped.
        graph: their nearest neighbours.
        method: `tsne` or `pca`.
        seed: of the sample that is measured; the plane itself is the same each time.
        progress: opens a bar for each stage.

    Raises:
        InputError: an unknown method.
        MissingExtraError: t-SNE needs the extra `explore`.
    """
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}", hint="one of " + ", ".join(METHODS))
    if len(vectors) < _LEAST:
        method = "pca"
    positions = METHODS[method](vectors, graph, progress)
    places = np.arange(len(vectors))
    if len(vectors) > SAMPLE:
        places = np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False)
    with progress(len(places), title="measuring the map") as advance:
        trust = trustworthiness(vectors, positions, places, advance=advance)
    return Projection(_fitted(positions), method, trust, len(places))


def trustworthiness(
    vectors: Matrix,
    positions: NDArray[Any],
    places: NDArray[Any],
    near: int = NEAR,
    *,
    advance: Progress | None = None,
) -> float | None:
    """How true the neighbours of some rows are on the plane, against all rows.

    A neighbour on the plane that is not one in truth counts by how far off it is in truth.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        positions: `[n, 2]`.
        places: the rows that are looked at.
        near: neighbours of each.
        advance: told of rows that are done.

    Returns:
        At most 1; None where there are not more than twice as many rows as neighbours.
    """
    count = len(vectors)
    near = min(near, (count - 1) // 2)
    if near < 1:
        return None
    excess = 0.0
    flat = positions.astype(np.float64)
    size = max(1, min(64, _HELD // count))
    for start in range(0, len(places), size):
        rows = places[start : start + size]
        own = np.arange(len(rows))
        distance = np.add(*((flat[rows, n, None] - flat[:, n]) ** 2 for n in range(2)))
        distance[own, rows] = np.inf
        close = np.argpartition(distance, near - 1, axis=1)[:, :near]
        scores = vectors[rows] @ vectors.T
        scores[own, rows] = -np.inf
        for own_scores, chosen in zip(scores, close, strict=True):
            ranks = 1 + (own_scores > own_scores[chosen, None]).sum(axis=1)
            excess += float(np.maximum(ranks - near, 0).sum())
        if advance:
            advance(len(rows))
    release(vectors)
    return 1 - 2 * excess / (len(places) * near * (2 * count - 3 * near - 1))


def _pca(vectors: Matrix, graph: KnnGraph, progress: ProgressFactory) -> Positions:  # noqa: ARG001
    """The two directions in which vectors differ most."""
    middle, spread = _moments(vectors)
    _, directions = np.linalg.eigh(spread)
    chosen = directions[:, ::-1][:, :2]
    # a direction and its opposite are the same; the one whose greatest part is positive is taken
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    plane = np.zeros((len(vectors), 2), np.float32)
    for block in in_blocks(vectors):
        plane[block.rows, : chosen.shape[1]] = (block.vectors - middle) @ (chosen * signs)
    return plane


def _moments(vectors: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean, `[d]`, and how the vectors spread around it, `[d, d]`, block by block."""
    middle = np.zeros(vectors.shape[1])
    for block in in_blocks(vectors):
        middle += block.vectors.sum(axis=0, dtype=np.float64)
    middle /= len(vectors)
    spread = np.zeros((len(middle), len(middle)))
    for block in in_blocks(vectors):
        centred = block.vectors - middle
        spread += centred.T @ centred
    return middle, spread


def _tsne(vectors: Matrix, graph: KnnGraph, progress: ProgressFactory) -> Positions:
    """Begins from the PCA, so that nothing is drawn by chance."""
    tsne = require("openTSNE", "explore")
    neighbours = require("openTSNE.nearest_neighbors", "explore").PrecomputedNeighbors(
        graph.indices.astype(np.int64),
        # openTSNE works with distances; of unit vectors they follow from the cosine
        np.sqrt(np.maximum(2 - 2 * graph.similarities.astype(np.float64), 0)),
    )
    start = _pca(vectors, graph, progress).astype(np.float64)
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-12)
    with warnings.catch_warnings(), progress(_EARLY + _LATE, title="laying out", unit="steps") as b:
        warnings.simplefilter("ignore")  # of few neighbours, which a small corpus cannot help
        affinities = tsne.affinity.PerplexityBasedNN(
            knn_index=neighbours, perplexity=max(graph.k / 3, 1.0), n_jobs=-1
        )
        plane = tsne.TSNE(
            early_exaggeration_iter=_EARLY,
            n_iter=_LATE,
            n_jobs=-1,
            random_state=0,
            callbacks=lambda *_: b(_STEP),
            callbacks_every_iters=_STEP,
        ).fit(affinities=affinities, initialization=start)
    return np.asarray(plane, np.float32)


def _fitted(positions: Positions) -> Positions:
    """Moved and scaled into [-1, 1], both directions alike."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    extent = max(float((high - low).max()), 1e-12)
    return np.asarray((positions - (low + high) / 2) * (2 / extent), np.float32)


METHODS: Mapping[str, Callable[[Matrix, KnnGraph, ProgressFactory], Positions]] = MappingProxyType(
    {"tsne": _tsne, "pca": _pca}
)
"""Ways to a plane, by name."""
