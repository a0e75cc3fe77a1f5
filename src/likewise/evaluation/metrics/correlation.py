"""Correlation: Pearson and Spearman."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from likewise.errors import ShapeError


def pearson(a: ArrayLike, b: ArrayLike) -> float:
    """Linear correlation of two lists `[n]`, -1 to 1; NaN if one of them is constant.

    Raises:
        ShapeError: the lengths differ, or are below 2.
    """
    left, right = (np.asarray(side, dtype=np.float64).ravel() for side in (a, b))
    if left.shape != right.shape or left.size < 2:
        raise ShapeError(
            f"cannot correlate {left.size} values with {right.size}",
            hint="both lists need the same length, at least two",
        )
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    left, right = left - left.mean(), right - right.mean()
    value = left @ right / (np.linalg.norm(left) * np.linalg.norm(right))
    return float(np.clip(value, -1.0, 1.0))


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Rank of each value, from 1; equal values share the mean of their ranks: `[n]`."""
    _, inverse, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Correlation of the ranks of two lists `[n]`, -1 to 1; ties have their mean rank.

    Raises:
        ShapeError: the lengths differ, or are below 2.
    """
    return pearson(ranks(a), ranks(b))
