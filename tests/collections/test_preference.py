"""Scores by what is liked and disliked, on vectors drawn around known centers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections.preference import Examples, preference

Matrix = NDArray[np.float32]


def drawn(center: Matrix, count: int, seed: int) -> Matrix:
    """Unit vectors around a center."""
    noise = np.random.default_rng(seed).standard_normal((count, len(center)))
    return vectors.normalize(center + 0.12 * noise)


@pytest.fixture
def centers() -> list[Matrix]:
    """Two similar groups, which share most of their direction, and another one."""
    axes = np.eye(32, dtype=np.float32)
    return [
        vectors.normalize(direction)[0]
        for direction in (axes[0] + 0.6 * axes[1], axes[0] - 0.6 * axes[1], axes[2])
    ]


def test_a_disliked_group_falls_behind_other_groups(centers: list[Matrix]) -> None:
    like, dislike, other = (drawn(center, 40, n) for n, center in enumerate(centers))
    candidates = np.concatenate([like[1:], dislike[1:], other])
    liked = Examples(like[:1], candidates)
    plain = preference(candidates, liked, None)
    assert plain[:39].mean() > plain[39:78].mean() > plain[78:].mean() + 0.3
    learned = preference(candidates, liked, Examples(dislike[:1], candidates))
    best = np.argsort(-learned)[:39]
    assert (best < 39).mean() > 0.95
    assert learned[39:78].mean() < learned[:39].mean() - 0.5


def test_dislikes_hardly_change_the_order_of_what_is_clearly_liked(centers: list[Matrix]) -> None:
    like, _, other = (drawn(center, 40, n) for n, center in enumerate(centers))
    liked = Examples(like[:5], like[5:])
    plain = preference(like[5:], liked, None)
    learned = preference(like[5:], liked, Examples(other[:5], other[5:]))
    assert np.corrcoef(plain, learned)[0, 1] > 0.9


def test_few_neighbors_are_enough(centers: list[Matrix]) -> None:
    like, dislike = (drawn(center, 3, n) for n, center in enumerate(centers[:2]))
    none = like[:0]
    scores = preference(like[1:], Examples(like[:1], none), Examples(dislike[:1], none))
    assert np.isfinite(scores).all()
    assert scores.shape == (2,)
