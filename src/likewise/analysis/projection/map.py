"""A corpus as a map: the position and color of each text, and labels of topics."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.cluster import ClusterSettings, check_varied, cluster, width
from likewise.analysis.clustering.clusters import Clusters
from likewise.analysis.clustering.topics import Topic
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.projection.coloring import Coloring, by_cluster, by_column
from likewise.analysis.projection.projection import Positions, Projection, project
from likewise.analysis.unique_corpus import unique_corpus
from likewise.data.records import Record
from likewise.data.tabular import free_name, records_table, text_column
from likewise.data.writers import write_table
from likewise.progress import MessageCallback, ProgressFactory, no_progress
from likewise.vectors import Matrix

NEIGHBORS = 10
"""Neighbors of each text that are written to a table."""


@dataclass(frozen=True)
class Label:
    """The name of a topic, at the position where most of its texts are.

    Attributes:
        name: of the topic.
        x: in [-1, 1].
        y: in [-1, 1].
        size: texts in the topic.
        level: 1 for a cluster, 2 for a topic within one.
        group: number of the cluster it is, or is in.
    """

    name: str
    x: float
    y: float
    size: int
    level: int
    group: int


@dataclass(frozen=True)
class Map:
    """Texts on a plane.

    Attributes:
        records: n records.
        positions: float32 `[n, 2]`, in [-1, 1]; equal texts have the same position.
        coloring: what their colors show.
        labels: names of topics, the largest first.
        clustering: the clusters.
        projection: of the distinct texts, with its method and trustworthiness.
        near: int32 `[n, k]`, the nearest neighbors of each text, as rows of the records.
        similarities: float32 `[n, k]`, their cosines.
    """

    records: Sequence[Record]
    positions: Positions
    coloring: Coloring
    labels: tuple[Label, ...]
    clustering: Clusters
    projection: Projection
    near: NDArray[np.int32]
    similarities: Matrix


def make_map(
    corpus: EmbeddedCorpus,
    *,
    method: str = "tsne",
    color: str | None = None,
    choices: ClusterSettings = ClusterSettings(runs=0),  # noqa: B008 - frozen
    progress: ProgressFactory = no_progress,
) -> Map:
    """Project a corpus onto a plane.

    Args:
        corpus: its texts and vectors.
        method: `tsne`, or `pca` for a coarse map at distinct.
        color: a column; clusters where none is named.
        choices: how to cluster.
        progress: opens a bar for each stage.

    Raises:
        InputError: no such method or column, or nothing to compare.
        MissingExtraError: the extra `explore` is not installed.
    """
    coloring = by_column(corpus.records, color) if color is not None else None
    distinct = unique_corpus(corpus)
    check_varied(corpus, len(distinct.corpus))
    graph = knn_graph(distinct.corpus, width(len(distinct.corpus)), progress=progress)
    clustering = cluster(corpus, choices, progress=progress)
    plane = project(distinct.corpus.vectors, graph, method, seed=choices.seed, progress=progress)
    positions = plane.positions[distinct.rows]
    if coloring is None:
        coloring = by_cluster(clustering.labels, [topic.name for topic in clustering.topics])
    _, first = np.unique(distinct.rows, return_index=True)
    return Map(
        corpus.records,
        positions,
        coloring,
        topic_labels(clustering, positions),
        clustering,
        plane,
        first[graph.indices[:, :NEIGHBORS]][distinct.rows].astype(np.int32),
        graph.similarities[:, :NEIGHBORS][distinct.rows],
    )


def write_map_table(
    path: str | Path,
    drawn: Map,
    *,
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
) -> Path:
    """Write a map as a table: columns of the data, x, y, cluster, topic, and neighbors.

    In Parquet the column `neighbors` holds the row numbers and cosine distances of each text's
    neighbors, itself first, as embedding-atlas reads them.

    Args:
        path: a `.parquet`, `.csv`, `.json` or `.jsonl` file; written atomically.
        drawn: the map.
        escape_formulas: of a `.csv`, as in `write_table`.
        on_message: as in `write_table`.

    Raises:
        OutputError: the file cannot be written.
    """
    found = {
        "x": drawn.positions[:, 0].tolist(),
        "y": drawn.positions[:, 1].tolist(),
        "cluster": drawn.clustering.labels.tolist(),
        "topic": drawn.clustering.names,
    }
    if Path(path).suffix == ".parquet":
        found["neighbors"] = [
            {"ids": [row, *ids], "distances": [0.0, *distances]}
            for row, (ids, distances) in enumerate(
                zip(drawn.near.tolist(), (1 - drawn.similarities).tolist(), strict=True)
            )
        ]
    return write_table(
        path,
        records_table(drawn.records, found),
        escape_formulas=escape_formulas,
        on_message=on_message,
    )


def atlas_command(path: str | Path, drawn: Map) -> str:
    """The command that opens a map's Parquet file in embedding-atlas, with its columns' names."""
    parts = ["embedding-atlas", str(path), "--text", text_column(drawn.records)]
    for name in ("x", "y", "neighbors"):
        parts += [f"--{name}", free_name(drawn.records, name)]
    return shlex.join(parts)


def topic_labels(clustering: Clusters, positions: Positions) -> tuple[Label, ...]:
    """The names of all topics and of those within them, the largest first."""
    return tuple(sorted(_labels(clustering, positions), key=lambda label: -label.size))


def _labels(clustering: Clusters, positions: Positions) -> Iterator[Label]:
    for group, topic in enumerate(clustering.topics):
        members = clustering.labels == group
        yield _label(topic, positions[members], group)
        for part in topic.topics:
            inside = members & [
                p == part.id or p.startswith(f"{part.id}.") for p in clustering.paths
            ]
            if inside.any():
                yield _label(part, positions[inside], group)


def _label(topic: Topic, positions: Positions, group: int) -> Label:
    """A topic's name at the center of its densest region."""
    grid = np.clip(((positions + 1) * 16).astype(int), 0, 31)
    cells = grid[:, 0] * 32 + grid[:, 1]
    densest = cells == np.bincount(cells).argmax()
    center = np.median(positions[densest], axis=0)
    return Label(topic.name, float(center[0]), float(center[1]), topic.size, topic.level, group)
