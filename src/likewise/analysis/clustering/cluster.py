"""Groups texts into named clusters, and measures their stability.

Clusters are communities in the kNN graph, so that their number need not be known; with a given
number, k-means. Each is divided again while its own graph has clear communities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering import communities
from likewise.analysis.clustering.clusters import UNCLUSTERED, Clusters
from likewise.analysis.clustering.communities import Floats, Labels
from likewise.analysis.clustering.stability import Stability, stability
from likewise.analysis.clustering.topics import Material, TopicNames, tree
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import KnnGraph, knn_graph
from likewise.analysis.unique_corpus import unique_corpus
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

NEIGHBORS = 30
"""Neighbors of each text, in a corpus large enough."""

MIN_STRENGTH = 0.5
"""A text with less than this share of its neighborhood in its own cluster is unclustered."""


@dataclass(frozen=True)
class ClusterSettings:
    """How to cluster.

    Attributes:
        clusters: their number, by k-means; None finds it automatically.
        resolution: more than 1 gives more and smaller groups, less than 1 fewer and larger ones.
        levels: depth of the tree of topics; 1 gives clusters alone.
        assign_all: leave no text unclustered.
        smallest: least number of texts in a cluster; None chooses by the size of the corpus.
        runs: repetitions that measure stability; 0 skips the measurement.
        seed: the same seed gives the same groups.
    """

    clusters: int | None = None
    resolution: float = 1.0
    levels: int = 2
    assign_all: bool = False
    smallest: int | None = None
    runs: int = 5
    seed: int = 0


def cluster(
    corpus: EmbeddedCorpus,
    choices: ClusterSettings = ClusterSettings(),
    *,
    progress: ProgressFactory = no_progress,
) -> Clusters:
    """Group the texts of a corpus.

    Args:
        corpus: its texts and vectors.
        choices: the settings.
        progress: opens a bar for each stage.

    Raises:
        InputError: fewer different texts than clusters, or a choice out of its range.
        MissingExtraError: the extra `explore` is not installed.
    """
    distinct = unique_corpus(corpus)
    m = len(distinct.corpus)
    _check(choices, m)
    check_varied(corpus, m)
    graph = knn_graph(distinct.corpus, width(m), progress=progress)
    vectors = distinct.corpus.vectors
    with progress(None, title="clustering", unit="steps") as step:
        found = _found(vectors, graph, choices)
        step(1)
    release(vectors)
    labels = found.labels[distinct.rows]
    measured = _stability_of(vectors, found, choices, progress)
    material = Material(corpus.texts, corpus.vectors, found.matrix, distinct.rows)
    names = TopicNames(choices.levels, max(_smallest(choices, m), 5), choices.seed)
    with progress(None, title="naming topics", unit="steps") as step:
        named = tree(material, labels, names, measured.clusters if measured else None)
        step(1)
    release(corpus.vectors)
    return Clusters(
        labels,
        named.paths,
        found.strengths[distinct.rows],
        named.topics,
        measured,
        "k-means" if choices.clusters else "leiden",
        choices.seed,
    )


def check_varied(corpus: EmbeddedCorpus, distinct: int) -> None:
    """Check that a corpus has at least two distinct texts.

    Raises:
        InputError: it has only one.
    """
    if distinct > 1:
        return
    count = len(corpus)
    same = "one text" if count == 1 else f"the same text {count:,} times"
    raise InputError(f"there is only {same}", hint="give a file of at least two different texts")


def width(count: int) -> int:
    """Number of neighbors for a corpus of this size."""
    return max(2, min(count // 4, max(5, count // 20), NEIGHBORS))


@dataclass(frozen=True)
class _Found:
    labels: Labels
    strengths: Floats
    matrix: Any


def _check(choices: ClusterSettings, count: int) -> None:
    if choices.clusters is not None and not 1 <= choices.clusters <= count:
        raise InputError(
            f"{choices.clusters} clusters requested for {count:,} distinct texts",
            hint=f"choose 1 to {count}, or leave the number out",
        )
    if choices.resolution <= 0:
        raise InputError(
            f"resolution is {choices.resolution}, expected more than 0",
            hint="1 is the default; 2 gives more and smaller clusters",
        )
    if choices.levels < 1:
        raise InputError(f"levels is {choices.levels}, expected at least 1", hint="1, 2 or 3")


def _smallest(choices: ClusterSettings, count: int) -> int:
    return choices.smallest if choices.smallest is not None else min(10, max(2, count // 50))


def _found(vectors: Matrix, graph: KnnGraph, choices: ClusterSettings) -> _Found:
    """Groups of distinct texts."""
    matrix = communities.as_matrix(graph.indices, graph.similarities)
    labels = _grouped(vectors, matrix, choices, choices.seed)
    if choices.clusters is None:
        labels = communities.without_small(labels, _smallest(choices, len(labels)))
    strengths = communities.agreement(graph.indices, graph.similarities, labels)
    if choices.clusters is None and not choices.assign_all and labels.max(initial=-1) > 0:
        labels = np.where(strengths >= MIN_STRENGTH, labels, UNCLUSTERED).astype(np.int32)
    elif choices.assign_all:
        labels = _all_assigned(vectors, labels)
    return _Found(communities.by_size(labels), strengths, matrix)


def _grouped(vectors: Matrix, matrix: Any, choices: ClusterSettings, seed: int) -> Labels:
    if choices.clusters is not None:
        return communities.kmeans(vectors, choices.clusters, seed=seed)
    return communities.leiden(matrix, resolution=choices.resolution, seed=seed)


def _all_assigned(vectors: Matrix, labels: Labels) -> Labels:
    """Assign texts in no cluster to the one with the nearest centroid."""
    count = int(labels.max(initial=-1)) + 1
    unassigned = np.flatnonzero(labels == UNCLUSTERED)
    if not count:
        return np.zeros_like(labels)
    if not len(unassigned):
        return labels
    centroids = np.stack([vectors[labels == group].mean(axis=0) for group in range(count)])
    centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    filled = labels.copy()
    filled[unassigned] = np.argmax(vectors[unassigned] @ centroids.T, axis=1)
    return filled


def _stability_of(
    vectors: Matrix, found: _Found, choices: ClusterSettings, progress: ProgressFactory
) -> Stability | None:
    if not choices.runs or found.labels.max(initial=-1) < 1:
        return None
    with progress(choices.runs, title="repeating", unit="runs") as advance:

        def again(rows: NDArray[np.int64], seed: int) -> Labels:
            if choices.clusters is None:
                part = found.matrix[rows][:, rows]
                labels = communities.leiden(part, resolution=choices.resolution, seed=seed)
            else:
                labels = communities.kmeans(vectors[rows], choices.clusters, seed=seed)
                release(vectors)
            advance(1)
            return labels

        return stability(found.labels, again, runs=choices.runs, seed=choices.seed)
