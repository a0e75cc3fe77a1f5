"""How sure a score is, and whether a difference between two models is more than chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True)
class Interval:
    """A value with the interval that holds it in 95 of 100 cases.

    Attributes:
        value: the value on all items.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much one model is ahead of another on the same items.

    Attributes:
        interval: first minus second.
        p: share of resamples, both ways, in which the sign of the difference turns (two-sided).
    """

    interval: Interval
    p: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval.low > 0 or self.interval.high < 0


def resamples(items: int, count: int = 500, seed: int = 42) -> list[NDArray[np.int64]]:
    """Places drawn with replacement, each as many as there are items; the same for every model."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, items, items) for _ in range(count)]


def bootstrap(statistic: Statistic, items: int, draws: list[NDArray[np.int64]]) -> Interval:
    """A score with its 95% percentile bootstrap interval (Efron, 1979).

    Args:
        statistic: the score over chosen items.
        items: how many there are.
        draws: what `resamples` gave.
    """
    values = [statistic(places) for places in draws]
    return _interval(statistic(np.arange(items)), np.array(values))


def paired(first: Statistic, second: Statistic, draws: list[NDArray[np.int64]]) -> Difference:
    """First minus second on the same resamples: a paired bootstrap test (Koehn, 2004).

    Args:
        first: one model's score over chosen items.
        second: the other's, over the same.
        draws: what `resamples` gave.
    """
    every = np.arange(len(draws[0]))
    values = np.array([first(places) - second(places) for places in draws])
    # one is added so that so many resamples never claim more than they can show
    below, above = (1 + np.sum(values <= 0)), (1 + np.sum(values >= 0))
    p = min(1.0, 2 * min(below, above) / (len(values) + 1))
    return Difference(_interval(first(every) - second(every), values), float(p))


def _interval(value: float, values: NDArray[np.float64]) -> Interval:
    known = values[np.isfinite(values)]
    if not known.size:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))
