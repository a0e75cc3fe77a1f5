"""How many clusters there are: communities at several resolutions, compared.

Two criteria are combined. The silhouette says how much nearer texts are to their own centroid than
to the next; it needs no labels, but hardly falls where clusters are divided needlessly. The
codelength of a random walk on the kNN graph (the map equation, Rosvall, Bergstrom 2008) rises
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import geometric_mean
from typing import Any, Literal

import numpy as np

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.communities import Labels
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.vectors import Matrix

CODELENGTH_WEIGHT = 3.0
"""A codelength 1% above the shortest costs as much as a silhouette 3% below the best."""

TIE = 0.01
"""Of scores this close to the best, the one with the fewest clusters is taken."""

NEARLY = 0.02
"""Numbers of clusters with a score this close to the best are nearly as good."""

SAMPLES = (5000, 8000, 12_000)
"""Texts whose number of clusters is found, where there are more. With more texts the same number of
neighbors shows ever finer structure, so the geometric mean over samples of several sizes is taken.
"""

DIFFERENT = 1.2
"""A sample is smaller than the corpus by at least this factor, or all of it is taken."""

CLOSE = 0.08
"""Log of the ratio of two numbers of clusters that need not be brought closer."""

STEPS = range(-2, 8)
"""Resolutions that are tried first, as powers of 2; then half a step around the best."""


@dataclass(frozen=True)
class Candidate:
    """One resolution.

    Attributes:
        clusters: number of clusters it gives.
        resolution: of Leiden's algorithm.
        silhouette: mean over texts, from -1 to 1.
        codelength: bits for each step of a random walk on the graph.
        score: both combined, relative to the best of each; 1 at most.
    """

    clusters: int
    resolution: float
    silhouette: float
    codelength: float
    score: float


@dataclass(frozen=True)
class Granularity:
    """The number of clusters that was found, and how sure it is.

    Attributes:
        clusters: the number.
        low: least number that scores nearly as well, of those that were tried.
        high: largest number that scores nearly as well.
        silhouette: of the clusters found; below about .1 they are hardly separated.
        candidates: what was tried, the fewest clusters first.
    """

    clusters: int
    low: int
    high: int
    silhouette: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Found:
    """Communities at the chosen resolution.

    Attributes:
        labels: int32 `[n]`, from 0.
        resolution: the one that gives them.
        granularity: what was compared.
    """

    labels: Labels
    resolution: float
    granularity: Granularity


def find(matrix: Any, vectors: Matrix, *, neighbors: int, seed: int) -> Found:
    """Communities whose number is chosen from the data, or from samples of it.

    Args:
        matrix: the kNN graph, sparse and symmetric.
        vectors: float32 `[n, dimension]`, of length 1.
        neighbors: of each text in the graph.
        seed: of Leiden and of the samples.
    """
    count = len(vectors)
    scans = [
        _sampled(vectors, size, neighbors, seed) for size in SAMPLES if size * DIFFERENT <= count
    ]
    if len(scans) < len(SAMPLES):  # the corpus itself is of such a size
        whole = _scanned(matrix, np.asarray(vectors, np.float32), seed)
        if not scans:
            return whole
        scans.append(whole)
    return _matched(matrix, _averaged(scans), seed)


def _sampled(vectors: Matrix, size: int, neighbors: int, seed: int) -> Found:
    """Communities of a sample."""
    rows = np.sort(np.random.default_rng(seed).choice(len(vectors), size, replace=False))
    sample = np.asarray(vectors[rows], np.float32)
    near = knn_graph(sample, neighbors)
    return _scanned(communities.as_matrix(near.indices, near.similarities), sample, seed)


def _averaged(scans: Sequence[Found]) -> Found:
    """The last of some scans, with the geometric mean of their numbers of clusters."""

    def mean(name: Literal["clusters", "low", "high"]) -> int:
        return round(geometric_mean([getattr(scan.granularity, name) for scan in scans]))

    last = scans[-1]
    averaged = replace(
        last.granularity, clusters=mean("clusters"), low=mean("low"), high=mean("high")
    )
    return replace(last, granularity=averaged)


def _scanned(matrix: Any, vectors: Matrix, seed: int) -> Found:
    """Communities at the best of several resolutions."""
    scan = _Scan(matrix, vectors, seed)
    for step in STEPS:
        if not scan.add(2.0**step):
            break
    if scan.tried:
        best = scan.best().resolution
        for resolution in (best / 2**0.5, best * 2**0.5):
            scan.add(resolution)
    return scan.found()


def _matched(matrix: Any, sample: Found, seed: int) -> Found:
    """Communities of all texts, about as many as were found in the sample."""
    target = sample.granularity.clusters
    if target == 1:
        return Found(np.zeros(matrix.shape[0], np.int32), 1.0, sample.granularity)
    resolution = sample.resolution
    tried: list[tuple[float, int, Found]] = []
    for _ in range(4):
        labels = communities.leiden(matrix, resolution=resolution, seed=seed)
        ratio = float(np.log((int(labels.max()) + 1) / target))
        tried.append((abs(ratio), len(tried), Found(labels, resolution, sample.granularity)))
        if abs(ratio) <= CLOSE:
            break
        resolution /= np.exp(1.5 * ratio)  # the number grows more slowly than the resolution
    return min(tried)[2]


class _Scan:
    """Resolutions tried so far."""

    def __init__(self, matrix: Any, vectors: Matrix, seed: int) -> None:
        self._matrix, self._seed = matrix, seed
        self._vectors = vectors
        self._undivided = communities.codelength(matrix, np.zeros(len(vectors), np.int32))
        self.tried: list[Candidate] = []
        self._labels: dict[float, Labels] = {}

    def add(self, resolution: float) -> bool:
        """Try a resolution; whether a higher one is worth trying."""
        labels = communities.leiden(self._matrix, resolution=resolution, seed=self._seed)
        clusters = int(labels.max(initial=-1)) + 1
        if clusters > max(2, len(labels) // 4):
            return False
        if clusters < 2:
            return True
        silhouette = communities.silhouette(self._vectors, labels)
        codelength = communities.codelength(self._matrix, labels)
        self.tried.append(Candidate(clusters, resolution, silhouette, codelength, 0.0))
        self._labels[resolution] = labels
        # beyond this length no silhouette makes up for the difference
        shortest = min(candidate.codelength for candidate in self.tried)
        return codelength <= shortest * (1 + 1 / CODELENGTH_WEIGHT)

    def best(self) -> Candidate:
        """The fewest clusters with the highest score, or one that ties with it."""
        scored = self._scored()
        highest = max(candidate.score for candidate in scored)
        return next(candidate for candidate in scored if candidate.score >= highest - TIE)

    def _scored(self) -> list[Candidate]:
        top = max(1e-6, *(c.silhouette for c in self.tried))
        shortest = min(c.codelength for c in self.tried)
        return sorted(
            (
                Candidate(
                    c.clusters, c.resolution, c.silhouette, c.codelength,
                    c.silhouette / top - CODELENGTH_WEIGHT * (c.codelength / shortest - 1),
                )
                for c in self.tried
            ),
            key=lambda c: c.resolution,
        )  # fmt: skip

    def found(self) -> Found:
        """The best resolution; one cluster where dividing the graph describes it no better."""
        useful = [c for c in self.tried if c.codelength < self._undivided]
        if not useful:
            labels = np.zeros(self._matrix.shape[0], np.int32)
            return Found(labels, 1.0, Granularity(1, 1, 1, 0.0, tuple(self.tried)))
        scored, best = self._scored(), self.best()
        near = [c.clusters for c in scored if c.score >= best.score - NEARLY]
        return Found(
            self._labels[best.resolution],
            best.resolution,
            Granularity(best.clusters, min(near), max(near), best.silhouette, tuple(scored)),
        )
