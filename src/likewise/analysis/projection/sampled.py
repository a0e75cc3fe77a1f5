"""Positions of all texts, where a sample was projected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import edge_weights, row_blocks
from likewise.analysis.neighbors.sample import Sample

NEAREST = 3
"""Neighbors that a position is the mean of."""


def positions_of_all(positions: NDArray[np.float32], drawn: Sample) -> NDArray[np.float32]:
    """The positions of all texts, from those of a sample.

    A text that is not in the sample is put between its nearest neighbors that are; where there are
    none, between those that have a position by then, and so on.

    Args:
        positions: float32 `[s, 2]`, of the sample.
        drawn: the sample.

    Returns:
        float32 `[n, 2]`; those of the sample are as they were.
    """
    count = len(drawn.whole.indices)
    found = np.zeros((count, positions.shape[1]), np.float32)
    found[drawn.rows] = positions
    known = np.zeros(count, np.bool_)
    known[drawn.rows] = True
    waiting = np.flatnonzero(~known)
    while len(waiting):
        before = known.copy()
        for block in row_blocks(len(waiting)):
            rows = waiting[block]
            near = drawn.whole.indices[rows]
            usable = (near >= 0) & before[near]
            usable &= np.cumsum(usable, axis=1) <= NEAREST  # the nearest are first
            weights = np.where(usable, edge_weights(drawn.whole.similarities[rows]), 0)
            total = weights.sum(axis=1)
            there = total > 0
            means = np.einsum("nk,nkd->nd", weights[there], found[near[there]])
            found[rows[there]] = means / total[there, None]
            known[rows[there]] = True
        left = waiting[~known[waiting]]
        if len(left) == len(waiting):  # a group of its own, of which nothing is in the sample
            found[left] = positions.mean(axis=0)
            break
        waiting = left
    return found
