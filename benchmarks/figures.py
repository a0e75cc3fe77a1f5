"""What is said of repeated measurements: median and range, and ratios taken round by round."""

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
    """Median, least and greatest."""
    return Spread(median(values), min(values), max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """How many times ours is theirs, round by round: both were measured in turn within a round.

    Raises:
        ValueError: they have different numbers of rounds.
    """
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of them do not exceed, interpolated."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
