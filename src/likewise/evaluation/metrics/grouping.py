"""Metrics of clusters: V-measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from likewise.errors import ShapeError


def _entropy(counts: NDArray[np.float64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-np.sum(share * np.log(share)))


def v_measure(labels: ArrayLike, clusters: ArrayLike) -> float:
    """Harmonic mean of homogeneity and completeness, 0 to 1 (Rosenberg and Hirschberg, 2007).

    Args:
        labels: the true group of each item, `[n]`.
        clusters: the cluster of each item, `[n]`.

    Raises:
        ShapeError: the lengths differ, or are 0.
    """
    truth, found = np.asarray(labels).ravel(), np.asarray(clusters).ravel()
    if truth.shape != found.shape or truth.size == 0:
        raise ShapeError(
            f"{truth.size} labels for {found.size} clusters", hint="give one label for each item"
        )
    _, rows = np.unique(truth, return_inverse=True)
    _, columns = np.unique(found, return_inverse=True)
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1.0)
    of_labels, of_clusters = _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0))
    shared = of_labels + of_clusters - _entropy(table.ravel())
    homogeneity = shared / of_labels if of_labels else 1.0
    completeness = shared / of_clusters if of_clusters else 1.0
    total = homogeneity + completeness
    return float(2 * homogeneity * completeness / total) if total > 1e-15 else 0.0
