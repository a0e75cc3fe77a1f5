"""Groups texts into named clusters, and measures their stability.

Clusters are communities in the kNN graph. Their number is chosen from the data (`granularity`);
other numbers come from the hierarchy that they are part of. Of a large corpus the graph of a sample
is divided, and the other texts join the clusters of their neighbors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering import communities, granularity
from likewise.analysis.clustering.clusters import UNCLUSTERED, Clusters, Hierarchy
from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.granularity import Granularity
from likewise.analysis.clustering.hierarchy import Merges, nested
from likewise.analysis.clustering.sampled import labels_of_all
from likewise.analysis.clustering.stability import Stability, stability
from likewise.analysis.clustering.topics import Material, TopicNames, tree
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.graph import row_blocks
from likewise.analysis.neighbors.knn_graph import KnnGraph, knn_graph
from likewise.analysis.neighbors.sample import MOST, Sample, sample
from likewise.analysis.unique_corpus import unique_corpus
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

NEIGHBORS = 30
"""Neighbors of each text, in a corpus large enough."""

MIN_STRENGTH = 0.25
"""A text with less than this share of its neighborhood in its own cluster is unclustered."""

FINER = 8
"""Leaves of the hierarchy are communities at this multiple of the resolution of the clusters."""

MOST_LEAVES = 2000
"""Leaves of a hierarchy, about: those of large corpora have more texts."""


@dataclass(frozen=True)
class ClusterSettings:
    """How to cluster.

    Attributes:
        clusters: their number; None finds it automatically.
        resolution: 2 gives twice as many clusters as are found automatically, 0.5 half as many.
        levels: depth of the tree of topics; 1 gives clusters alone.
        assign_all: leave no text unclustered.
        smallest: least number of texts in a cluster; None chooses by the size of the corpus.
        runs: repetitions that measure stability; 0 skips the measurement.
        seed: the same seed gives the same groups.
        sample: texts that are divided into clusters where there are more; the others join those
            of their neighbors.
    """

    clusters: int | None = None
    resolution: float = 1.0
    levels: int = 2
    assign_all: bool = False
    smallest: int | None = None
    runs: int = 5
    seed: int = 0
    sample: int = MOST


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
    smallest = _smallest(choices, m)
    drawn = sample(vectors, graph, most=choices.sample, seed=choices.seed, progress=progress)
    matrix = communities.as_matrix(drawn.graph.indices, drawn.graph.similarities)
    with progress(None, title="clustering", unit="steps") as step:
        found = granularity.find(matrix, drawn.vectors, neighbors=graph.k, seed=choices.seed)
        start = _Communities(found.labels, found.resolution, smallest, choices.seed)
        parts = _divided(matrix, drawn.vectors, start, choices.clusters or 1)
        between = communities.between(matrix, parts.leaves)
        parts = _of_all(parts, drawn, vectors)
        step(1)
    release(vectors)
    count = _count(choices, parts)
    clustered_from = _clustered_from(graph, parts)
    if choices.assign_all or choices.clusters:
        clustered_from[:] = 0
    material = Material(
        corpus.texts, corpus.vectors, distinct.rows, parts.leaves[distinct.rows], parts.merges,
        between,
    )  # fmt: skip
    names = TopicNames(choices.levels, max(smallest, 5))
    hierarchy = Hierarchy(material, clustered_from[distinct.rows], names)
    labels = hierarchy.labels(count)
    once = np.full(m, UNCLUSTERED, np.int32)
    once[distinct.rows] = labels
    repeat = _Repeat(matrix, drawn.vectors, found.resolution, choices)
    measured = _stability_of(once[drawn.rows], repeat, progress)
    with progress(None, title="naming topics", unit="steps") as step:
        named = tree(material, labels, names, measured.clusters if measured else None)
        step(1)
    own = parts.merges.cut(count)[parts.leaves]
    own[parts.stray & (once < 0)] = UNCLUSTERED
    strengths = communities.agreement(graph.indices, graph.similarities, own)
    return Clusters(
        labels,
        named.paths,
        strengths[distinct.rows],
        named.topics,
        measured,
        "leiden",
        choices.seed,
        len(drawn.rows),
        _sure(found.granularity, parts.clusters),
        hierarchy,
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
    return max(2, min(count // 4, max(5, count // 10), NEIGHBORS))


@dataclass(frozen=True)
class _Parts:
    """Clusters of distinct texts, and what they are divided into.

    Attributes:
        clusters: number of clusters.
        leaves: int32 `[m]`, the leaf of each text.
        merges: how leaves are joined; `cut(clusters)` gives the clusters.
        stray: bool `[m]`, texts of communities too small for a cluster.
    """

    clusters: int
    leaves: Labels
    merges: Merges
    stray: NDArray[np.bool_]


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


def _sure(found: Granularity, clusters: int) -> Granularity:
    """What was compared, with the number of clusters once small ones have been absorbed."""
    return replace(
        found, clusters=clusters, low=min(found.low, clusters), high=max(found.high, clusters)
    )


def _smallest(choices: ClusterSettings, count: int) -> int:
    return choices.smallest if choices.smallest is not None else min(5, max(2, count // 50))


def _count(choices: ClusterSettings, parts: _Parts) -> int:
    if choices.clusters is not None:
        return choices.clusters
    return min(max(round(parts.clusters * choices.resolution), 1), parts.merges.leaves)


@dataclass(frozen=True)
class _Communities:
    labels: Labels
    resolution: float
    smallest: int
    seed: int


def _divided(matrix: Any, vectors: Matrix, found: _Communities, least: int) -> _Parts:
    """Divide communities into at least `least` leaves, and join those."""
    groups = communities.absorbed(matrix, found.labels, found.smallest)
    stray = np.zeros(len(groups), np.bool_)
    if groups is not found.labels:
        stray = (np.bincount(found.labels) < found.smallest)[found.labels]
    finer, floor = found.resolution * FINER, max(found.smallest, len(groups) // MOST_LEAVES)
    leaves = _leaves(matrix, groups, finer, floor, found.seed)
    while leaves.max() + 1 < least:
        finer *= 4
        leaves = _leaves(matrix, groups, finer, 1, found.seed)
    size = int(leaves.max()) + 1
    sizes = np.bincount(leaves)
    above = np.zeros(size, np.int32)
    above[leaves] = groups
    centroids = communities.sums(vectors, leaves, size) / sizes[:, None]
    return _Parts(int(groups.max()) + 1, leaves, nested(centroids, sizes, above), stray)


def _of_all(parts: _Parts, drawn: Sample, vectors: Matrix) -> _Parts:
    """The parts of a sample, with the leaves of all texts."""
    if drawn.complete:
        return parts
    stray = np.zeros(len(vectors), np.bool_)
    stray[drawn.rows] = parts.stray
    return replace(parts, leaves=labels_of_all(parts.leaves, drawn, vectors), stray=stray)


def _leaves(matrix: Any, groups: Labels, resolution: float, floor: int, seed: int) -> Labels:
    """Communities at a high resolution, each within one of the groups."""
    fine = communities.leiden(matrix, resolution=resolution, seed=seed)
    both = groups.astype(np.int64) * (int(fine.max()) + 1) + fine
    pieces = np.unique(both, return_inverse=True)[1].astype(np.int32)
    return communities.absorbed(matrix, pieces, floor, groups)


def _clustered_from(graph: KnnGraph, parts: _Parts) -> NDArray[np.int32]:
    """For each text the number of joins from which enough of its neighborhood is in its cluster."""
    joined_at, leaves = parts.merges.joined_at(), parts.leaves
    found = np.empty(len(leaves), np.int32)
    for rows in row_blocks(len(leaves)):
        near, similarities = graph.indices[rows], graph.similarities[rows]
        there = near >= 0
        joined = np.where(there, joined_at[leaves[near], leaves[rows, None]], parts.merges.leaves)
        weights = np.where(there, np.maximum(similarities, 1e-6), 0)
        order = np.argsort(joined, axis=1, kind="stable")
        shares = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
        enough = np.argmax(shares >= MIN_STRENGTH * shares[:, -1:], axis=1)[:, None]
        first = np.take_along_axis(joined, np.take_along_axis(order, enough, axis=1), axis=1)
        found[rows] = first[:, 0]
    found[parts.stray] = parts.merges.leaves
    return found


@dataclass(frozen=True)
class _Repeat:
    """Clusters some of the texts again, as all of them were."""

    matrix: Any
    vectors: Matrix
    resolution: float
    choices: ClusterSettings

    def cluster(self, rows: NDArray[np.int64], count: int, seed: int) -> Labels:
        """Clusters of these texts, with another seed."""
        part = self.matrix[rows][:, rows]
        found = communities.leiden(part, resolution=self.resolution, seed=seed)
        if self.choices.clusters is None and self.choices.resolution == 1:
            return found
        start = _Communities(found, self.resolution, 1, seed)
        parts = _divided(part, self.vectors[rows], start, min(count, len(rows)))
        return parts.merges.cut(count)[parts.leaves]


def _stability_of(labels: Labels, repeat: _Repeat, progress: ProgressFactory) -> Stability | None:
    runs, count = repeat.choices.runs, int(labels.max(initial=-1)) + 1
    if not runs or count < 2:
        return None
    with progress(runs, title="repeating", unit="runs") as advance:

        def again(rows: NDArray[np.int64], seed: int) -> Labels:
            found = repeat.cluster(rows, count, seed)
            advance(1)
            return found

        measured = stability(labels, again, runs=runs, seed=repeat.choices.seed)
    release(repeat.vectors)
    return measured
