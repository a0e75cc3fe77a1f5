"""Precision, recall and cost at a threshold, against a count of the pairs themselves."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import best_f1


def counted(similarities: np.ndarray, matches: np.ndarray, threshold: float) -> tuple[int, ...]:
    taken = similarities >= threshold
    return (
        int((taken & matches).sum()),
        int((taken & ~matches).sum()),
        int((~taken & matches).sum()),
    )


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.125, 0.5, 0.655, 0.99, 1.0])
def test_every_threshold_is_read_from_the_counts(threshold: float) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500)
    similarities = np.clip(rng.normal(0.3 + 0.3 * labels, 0.3), -1, 1)
    decision = PairCounts.of(similarities, labels.astype(np.float64), unseen=7).at(threshold)
    right, wrong, missed = counted(similarities, labels == 1, threshold)
    assert (decision.right, decision.wrong, decision.missed) == (right, wrong, missed + 7)
    assert decision.recall == right / (right + missed + 7)
    assert decision.precision == (right / (right + wrong) if right + wrong else 1.0)


def test_ratings_are_matches_from_any_rating_on() -> None:
    rng = np.random.default_rng(1)
    ratings = np.round(rng.uniform(1, 5, 400) * 5) / 5
    ratings[:2] = 1, 5
    similarities = np.clip(ratings / 5 + rng.normal(0, 0.1, 400), -1, 1)
    counts = PairCounts.of(similarities, ratings)
    assert counts.ratings == pytest.approx(np.arange(1, 5.1, 0.4))
    for least in counts.ratings:
        decision = counts.at(0.7, least)
        matches = ratings >= least - 1e-9
        assert (decision.right, decision.wrong, decision.missed) == counted(
            similarities, matches, 0.7
        )
    assert counts.at(0.7) == counts.at(0.7, 4.2), "80% of the way from 1 to 5"


def test_the_best_threshold_follows_the_costs() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 2000)
    similarities = np.clip(rng.normal(0.4 + 0.2 * labels, 0.15), -1, 1)
    counts = PairCounts.of(similarities, labels.astype(np.float64))
    even, careful, greedy = (counts.best(*costs) for costs in ((1, 1), (10, 1), (1, 10)))
    assert greedy.threshold < even.threshold < careful.threshold
    every = [counts.at(step / 200) for step in range(-200, 201)]
    assert 10 * careful.wrong + careful.missed == min(10 * d.wrong + d.missed for d in every)
    assert max(d.f1 for d in every) == pytest.approx(best_f1(similarities, labels).value, abs=0.003)
    assert counts.best(0, 1).missed == 0
    assert counts.best(1, 0).wrong == 0


def test_counts_are_plain_for_json() -> None:
    plain = PairCounts.of(np.array([0.5, 0.51]), np.array([1.0, 0.0])).to_dict()
    assert plain == {
        "first": 100, "ratings": (0.0, 1.0), "counts": ((0, 0, 1), (1, 0, 0)), "unseen": 0,
        "step": 0.005,
    }  # fmt: skip
