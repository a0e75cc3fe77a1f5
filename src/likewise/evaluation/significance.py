"""Confidence intervals of scores, and significance of differences between models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True)
class Interval:
    """A value with its 95% confidence interval.

    Attributes:
        value: the value over all items.
        low: lower bound.
        high: upper bound.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The difference between the scores of two models on the same items.

    Attributes:
        interval: first minus second.
        p: two-sided p-value: twice the share of resamples in which the sign changes.
    """

    interval: Interval
    p: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval.low > 0 or self.interval.high < 0


def resamples(items: int, count: int = 500, seed: int = 42) -> list[NDArray[np.int64]]:
    """Bootstrap samples: indices `[items]` drawn with replacement, the same for every model."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, items, items) for _ in range(count)]


def bootstrap(statistic: Statistic, items: int, draws: list[NDArray[np.int64]]) -> Interval:
    """A score with its 95% bootstrap interval (Efron, 1979).

    Args:
        statistic: computes the score over some items.
        items: number of items.
        draws: as from `resamples`.
    """
    values = [statistic(sample) for sample in draws]
    return _interval(statistic(np.arange(items)), np.array(values))


def paired(first: Statistic, second: Statistic, draws: list[NDArray[np.int64]]) -> Difference:
    """First minus second on the same resamples: a paired bootstrap test (Koehn, 2004).

    Args:
        first: computes the score of one model over some items.
        second: the same for the other model.
        draws: as from `resamples`.
    """
    all_items = np.arange(len(draws[0]))
    values = np.array([first(sample) - second(sample) for sample in draws])
    # adding 1 keeps p above 0: a finite number of resamples cannot show less
    below, above = (1 + np.sum(values <= 0)), (1 + np.sum(values >= 0))
    p = min(1.0, 2 * min(below, above) / (len(values) + 1))
    return Difference(_interval(first(all_items) - second(all_items), values), float(p))


def _interval(value: float, values: NDArray[np.float64]) -> Interval:
    """The percentiles of resampled scores, moved by the bias of resampling.

    A resample has fewer different items, which raises scores such as V-measure.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5]) - (known.mean() - value)
    return Interval(float(value), max(float(low), -1.0), min(float(high), 1.0))
