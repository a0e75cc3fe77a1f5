"""Batches with examples that are similar to each other, whose answers are hard negatives.

The anchors are embedded once by the original model; an epoch's order is cut into groups of
neighbors. It costs nothing in a step, where mined negatives add texts to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.training.known_vectors import KnownVectors

NEIGHBORS = 32
"""Neighbors of an anchor that can be in its group."""

NeighborsOf = Callable[[Sequence[str]], NDArray[np.int64]]
"""Rows of the nearest texts of each text, int64 `[n, k]`, nearest first."""


def neighbors_by(known: KnownVectors) -> NeighborsOf:
    """Finds the neighbors of texts by their vectors."""

    def neighbors(texts: Sequence[str]) -> NDArray[np.int64]:
        graph = knn_graph(known.of(texts), NEIGHBORS, progress=known.progress)
        return np.asarray(graph.indices, np.int64)

    return neighbors


def grouped(order: Sequence[int], neighbors: NDArray[np.int64], size: int) -> list[int]:
    """An order in which each row is followed by its nearest rows that were not there before.

    Args:
        order: rows, shuffled.
        neighbors: rows of the nearest rows of each row.
        size: rows of a group.
    """
    used = np.zeros(len(order), bool)
    result: list[int] = []
    for row in order:
        if used[row]:
            continue
        group = [row]
        used[row] = True
        for other in neighbors[row].tolist():
            if len(group) >= size:
                break
            if not used[other]:
                used[other] = True
                group.append(other)
        result += group
    return result
