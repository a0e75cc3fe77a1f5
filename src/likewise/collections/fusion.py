"""Two scores made into one, and an order made less repetitive: pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

SEMANTIC_WEIGHT = 0.6
"""Share of the similarity in a hybrid score; BM25 has the rest."""

REFERENCE_RANK = 100
"""The similarity at this rank counts as 0 in a hybrid score, the highest as 1."""


def hybrid_scores(
    similarities: NDArray[np.float32],
    keyword_scores: NDArray[np.float32],
    ranked: NDArray[np.float32],
    best_keyword_score: float,
) -> NDArray[np.float32]:
    """A convex combination of two scores, each on a scale given by the query: float32 `[n]`.

    Bruch, Gai and Ingber, ACM TOIS 2023, with other scales. A similarity counts by how far it is
    above that of the hundredth chunk, BM25 by its share of the best score. So a list in which no
    chunk stands out changes the order of the other list little.

    Args:
        similarities: of each candidate to the query, float32 `[n]`.
        keyword_scores: BM25 of each, float32 `[n]`.
        ranked: the highest similarities in the collection, highest first.
        best_keyword_score: the highest BM25 score in the collection.
    """
    if not len(ranked):
        return np.zeros_like(similarities)
    high, low = ranked[0], ranked[:REFERENCE_RANK][-1]
    semantic = (similarities - low) / max(high - low, 1e-6)
    keyword = keyword_scores / max(best_keyword_score, 1e-6)
    return np.asarray(SEMANTIC_WEIGHT * semantic + (1 - SEMANTIC_WEIGHT) * keyword, np.float32)


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
