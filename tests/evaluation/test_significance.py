"""Confidence intervals of scores, and paired differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from numpy.typing import NDArray

from likewise.evaluation.significance import bootstrap, paired, resamples


def mean_of(values: np.ndarray) -> Any:
    return lambda places: float(values[places].mean())


def test_the_interval_equals_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.2, 400)
    found = bootstrap(mean_of(values), 400, resamples(400, 2000))
    low, high = scipy.stats.norm.interval(0.95, values.mean(), scipy.stats.sem(values))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.003)


def test_the_interval_contains_the_true_mean_in_95_percent() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        values = rng.normal(0.5, 0.3, 80)
        found = bootstrap(mean_of(values), 80, resamples(80, 300))
        covered += found.low <= 0.5 <= found.high
    assert 180 <= covered <= 199


def test_the_interval_contains_a_score_that_resampling_raises() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 60, 600)
    found = np.where(rng.random(600) < 0.7, labels, rng.integers(0, 60, 600))

    def measure(rows: NDArray[np.int64]) -> float:
        return float(sklearn.metrics.v_measure_score(labels[rows], found[rows]))

    draws = resamples(600, 200)
    assert np.mean([measure(rows) for rows in draws]) > measure(np.arange(600)) + 0.02
    interval = bootstrap(measure, 600, draws)
    assert interval.low < interval.value < interval.high
    assert interval.high - interval.low < 0.1


def test_a_paired_difference_can_be_significant_with_overlapping_intervals() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0.5, 0.3, 200)
    better = base + 0.02 + rng.normal(0, 0.02, 200)
    draws = resamples(200)
    first, second = (bootstrap(mean_of(v), 200, draws) for v in (better, base))
    assert first.low < second.high, "the intervals overlap"
    found = paired(mean_of(better), mean_of(base), draws)
    assert found.significant
    assert found.p < 0.01
    same = paired(mean_of(base), mean_of(base), draws)
    assert not same.significant
    assert same.p == 1.0
