"""Hybrid scores and maximal marginal relevance, against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from likewise import vectors
from likewise.collections import fusion


def test_hybrid_scores_by_hand() -> None:
    similarities = np.array([0.9, 0.5, 0.1], np.float32)
    ranked = np.linspace(0.9, 0.4, 101, dtype=np.float32)  # the hundredth is 0.405
    scores = fusion.hybrid_scores(similarities, np.array([0, 8, 4], np.float32), ranked, 8.0)
    scale = (similarities - 0.405) / (0.9 - 0.405)
    assert scores == pytest.approx(0.6 * scale + 0.4 * np.array([0, 1, 0.5]), abs=1e-5)


def test_hybrid_scores_without_any_word_or_difference_keep_the_order() -> None:
    similarities = np.array([0.3, 0.9, 0.5], np.float32)
    none = np.zeros(3, np.float32)
    scores = fusion.hybrid_scores(similarities, none, np.sort(similarities)[::-1], 0.0)
    assert np.argsort(-scores).tolist() == [1, 2, 0]
    same = np.full(3, 0.7, np.float32)
    assert np.isfinite(fusion.hybrid_scores(same, none, same, 0.0)).all()
    assert len(fusion.hybrid_scores(none[:0], none[:0], none[:0], 0.0)) == 0


@pytest.mark.parametrize("diversity", [0.2, 0.4, 0.8])
def test_marginal_relevance_is_its_formula(diversity: float) -> None:
    drawn = np.random.default_rng(0).standard_normal((12, 8)).astype(np.float32)
    relevance = vectors.cosine(drawn[:1], drawn)[0]
    selected = fusion.marginal_relevance(relevance, drawn, 12, diversity)
    alike = vectors.cosine(drawn, drawn)
    expected: list[int] = []
    for _ in range(12):
        gains = {
            n: (1 - diversity) * relevance[n] - diversity * max(alike[n, expected], default=0.0)
            for n in range(12)
            if n not in expected
        }
        expected.append(max(gains, key=lambda n: gains[n]))
    assert selected == expected


def test_marginal_relevance_without_diversity_is_the_ranking() -> None:
    drawn = np.random.default_rng(1).standard_normal((12, 8)).astype(np.float32)
    relevance = vectors.cosine(drawn[:1], drawn)[0]
    assert fusion.marginal_relevance(relevance, drawn, 50, 0) == np.argsort(-relevance).tolist()
