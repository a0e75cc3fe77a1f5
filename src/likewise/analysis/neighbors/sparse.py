"""Texts that are far from all others: outliers, and small groups of texts far from the rest.

The score is the mean similarity to the k nearest neighbors, the average-distance form of the
outliers of Ramaswamy et al. (2000) and Angiulli and Pizzuti (2002), in the kNN graph that clusters
and maps are made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.analysis.neighbors.graph import KnnGraph
from likewise.errors import InputError

NEIGHBORS = 10
"""Neighbors whose similarities are averaged."""


@dataclass(frozen=True)
class SparseRow:
    """A text that is far from its neighbors.

    Attributes:
        row: its row in the graph.
        similarity: mean cosine with its nearest neighbors.
        nearest: row of the nearest one.
        nearest_similarity: cosine with that one.
        group: equal for texts here of which one is the nearest of the other, and as near as is
            typical; 0 has the farthest.
    """

    row: int
    similarity: float
    nearest: int
    nearest_similarity: float
    group: int


@dataclass(frozen=True)
class SparseRows:
    """The texts of a graph that are farthest from their neighbors.

    Attributes:
        rows: the farthest first.
        neighbors: how many neighbors the similarity is averaged over.
        typical: median of that similarity over all texts.
    """

    rows: tuple[SparseRow, ...]
    neighbors: int
    typical: float


def sparse_rows(graph: KnnGraph, most: int) -> SparseRows:
    """The texts that are farthest from their neighbors, the farthest first.

    Args:
        graph: of distinct texts: in a graph of copies, a copy is near.
        most: how many texts; all where there are no more.

    Raises:
        InputError: the graph has no neighbors.
    """
    if not graph.k:
        raise InputError("one text has no neighbors", hint="two different texts are needed")
    near = graph.nearest(min(graph.k, NEIGHBORS))
    means = near.similarities.mean(axis=1, dtype=np.float64)
    chosen = np.argsort(means, kind="stable")[:most]
    typical = float(np.median(means))
    groups = _groups(chosen.tolist(), near, typical)
    rows = [
        SparseRow(
            row, float(means[row]), int(near.indices[row, 0]),
            float(near.similarities[row, 0]), group,
        )
        for row, group in zip(chosen.tolist(), groups, strict=True)
    ]  # fmt: skip
    return SparseRows(tuple(rows), near.k, typical)


def _groups(rows: Sequence[int], near: KnnGraph, typical: float) -> list[int]:
    """The group of each row, numbered by the first row of each."""
    listed = set(rows)
    group = {row: row for row in rows}
    for row in rows:
        other = int(near.indices[row, 0])
        if near.similarities[row, 0] < typical or other not in listed:
            continue
        if group[other] != group[row]:
            old, new = group[row], group[other]
            group |= {each: new for each in rows if group[each] == old}
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group[row], len(numbers)) for row in rows]
