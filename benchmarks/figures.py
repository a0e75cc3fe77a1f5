"""Statistics of repeated measurements: median, range, and ratios per round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Spread:
    """Median and range of one figure over rounds."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum."""
    return Spread(median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ratios of ours to theirs per round; both were measured within the same round.

    Raises:
        ValueError: they have different numbers of rounds.
    """
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], percent: int) -> float:
    """Percentile with linear interpolation."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
