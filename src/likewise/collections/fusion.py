"""Several orders made into one, and an order made less repetitive: pure functions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

RANK_CONSTANT = 60
"""Of reciprocal rank fusion; the value of the paper."""

Item = TypeVar("Item", bound=Hashable)


def reciprocal_ranks(rankings: Sequence[Sequence[Item]]) -> dict[Item, float]:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) of each item, best first.

    Cormack, Clarke and Büttcher, SIGIR 2009. The sums order items and measure nothing else.
    """
    sums: dict[Item, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            sums[item] = sums.get(item, 0.0) + 1 / (RANK_CONSTANT + rank)
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def marginal_relevance(
    relevance: NDArray[np.float32],
    candidates: NDArray[np.float32],
    k: int,
    diversity: float,
    measure: str = "cosine",
) -> list[int]:
    """Maximal marginal relevance: near the query, yet unlike what was taken before.

    Carbonell and Goldstein, SIGIR 1998.

    Args:
        relevance: similarity of each candidate to the query, float32 `[n]`.
        candidates: their vectors, float32 `[n, d]`.
        k: how many to take.
        diversity: 0 takes the nearest, 1 only looks for what is unlike.
        measure: the similarity between candidates.

    Returns:
        Places of those taken, in their order.
    """
    alike = vectors.similarity(candidates, candidates, measure)
    taken: list[int] = []
    nearest_taken = np.full(len(relevance), -np.inf, np.float32)
    for _ in range(min(k, len(relevance))):
        penalty = nearest_taken if taken else np.zeros_like(nearest_taken)
        gain = (1 - diversity) * relevance - diversity * penalty
        gain[taken] = -np.inf
        best = int(np.argmax(gain))
        taken.append(best)
        nearest_taken = np.maximum(nearest_taken, alike[best])
    return taken
