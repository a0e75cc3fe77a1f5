"""Stability of clusters: are they found again in parts of the data, with other seeds?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.communities import Labels
from likewise.extras import require

SHARE = 0.8
"""Share of the rows, sampled without replacement, in each repetition."""


@dataclass(frozen=True)
class Stability:
    """How well clusters are found again when a fifth of the rows is left out and the seed changes.

    Attributes:
        runs: repetitions.
        rand_index: mean adjusted Rand index between the clusters and those of a repetition.
        mutual_information: mean adjusted mutual information, the same way.
        clusters: for each cluster the mean Jaccard overlap with the most similar cluster of a
            repetition: above .75 a cluster is stable, below .5 it dissolves (Hennig 2007).
    """

    runs: int
    rand_index: float
    mutual_information: float
    clusters: tuple[float, ...]


def stability(
    labels: Labels, again: Callable[[NDArray[np.int64], int], Labels], *, runs: int, seed: int
) -> Stability:
    """Repeat a clustering on samples of the rows.

    Args:
        labels: int32 `[n]`, the clusters, numbered from 0; -1 is none.
        again: clusters these rows with that seed: int32, one label for each row.
        runs: repetitions, at least 1.
        seed: of the first repetition; the samples depend on it alone.
    """
    metrics = require("sklearn.metrics", "explore")
    rng = np.random.default_rng(seed)
    size = max(1, round(len(labels) * SHARE))
    rand, mutual, overlaps = [], [], []
    for run in range(runs):
        rows = np.sort(rng.choice(len(labels), size, replace=False))
        before, after = labels[rows], again(rows, seed + 1 + run)
        both = before >= 0
        rand.append(metrics.adjusted_rand_score(before[both], after[both]))
        mutual.append(metrics.adjusted_mutual_info_score(before[both], after[both]))
        overlaps.append(_overlaps(before[both], after[both], int(labels.max(initial=-1)) + 1))
    return Stability(
        runs, float(np.mean(rand)), float(np.mean(mutual)),
        tuple(float(x) for x in np.mean(overlaps, axis=0)),
    )  # fmt: skip


def _overlaps(before: Labels, after: Labels, count: int) -> NDArray[np.float64]:
    """For each group of `before` its greatest Jaccard overlap with a group of `after`."""
    table = np.zeros((count, int(after.max(initial=0)) + 1))
    np.add.at(table, (before, after), 1)
    united = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    shares = table / np.maximum(united, 1)
    best: NDArray[np.float64] = shares.max(axis=1, initial=0.0)
    return best
