"""Reciprocal rank fusion and maximal marginal relevance, against their formulas."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise import vectors
from likewise.collections import fusion

rankings = st.lists(st.lists(st.integers(0, 30), unique=True, max_size=12), max_size=4)


def test_reciprocal_ranks_by_hand() -> None:
    fused = fusion.reciprocal_ranks([["a", "b", "c"], ["b", "d"]])
    assert fused == pytest.approx(
        {"b": 0.0325224749, "a": 0.0163934426, "d": 0.0161290323, "c": 0.0158730159}
    )
    assert list(fused) == ["b", "a", "d", "c"]


def test_equal_sums_keep_the_order_in_which_items_appear() -> None:
    for first, second in permutations("ab"):
        assert list(fusion.reciprocal_ranks([[first], [second]])) == [first, second]


@given(rankings)
def test_reciprocal_ranks_are_the_formula_on_a_rank_table(orders: list[list[int]]) -> None:
    """The reference computes on a table of ranks in which a missing item has an infinite rank."""
    table = np.full((len(orders), 31), np.inf)
    for row, order in zip(table, orders, strict=True):
        row[order] = np.arange(1, len(order) + 1)
    sums = (1 / (60 + table)).sum(axis=0)
    fused = fusion.reciprocal_ranks(orders)
    assert fused == pytest.approx({n: sums[n] for n in np.flatnonzero(sums)})
    assert list(fused.values()) == sorted(fused.values(), reverse=True)


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
