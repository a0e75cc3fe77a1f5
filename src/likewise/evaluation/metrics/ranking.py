"""Metrics of rankings: nDCG, recall, MAP, MRR and precision, as in trec_eval.

`relevance` is the relevance of the retrieved documents in ranked order (0 if not judged); `judged`
has all relevance judgements of the query, also of documents that were not retrieved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def trec_order(scores: ArrayLike, ids: Sequence[str]) -> NDArray[np.int64]:
    """Indices of the candidates, best first; equal scores by descending id, as in trec_eval.

    Args:
        scores: `[n]`.
        ids: the candidates' ids, `[n]`.
    """
    values = np.asarray(scores)
    # sort by id first; the stable sort by score keeps this order for equal scores
    by_id = np.array(sorted(range(len(ids)), key=lambda i: ids[i], reverse=True), dtype=np.int64)
    return by_id[np.argsort(-values[by_id], kind="stable")]


def _gains(relevance: ArrayLike) -> NDArray[np.float64]:
    return np.maximum(np.asarray(relevance, dtype=np.float64).ravel(), 0.0)


def _discounted(gains: NDArray[np.float64]) -> float:
    return float(np.sum(gains / np.log2(np.arange(2, gains.size + 2))))


def ndcg_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Discounted gain of the first k, divided by the best possible one; 0 if none is relevant."""
    ideal = _discounted(np.sort(_gains(judged))[::-1][:k])
    return _discounted(_gains(relevance)[:k]) / ideal if ideal else 0.0


def recall_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Share of the relevant documents that are among the first k."""
    relevant = int(np.count_nonzero(_gains(judged)))
    return np.count_nonzero(_gains(relevance)[:k]) / relevant if relevant else 0.0


def precision_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:  # noqa: ARG001
    """Share of the first k that are relevant; a ranking shorter than k is not rescaled."""
    return np.count_nonzero(_gains(relevance)[:k]) / k


def map_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Mean, over the relevant documents, of the precision at the rank of each in the first k."""
    relevant = int(np.count_nonzero(_gains(judged)))
    hits = _gains(relevance)[:k] > 0
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].sum()) / relevant if relevant else 0.0


def mrr_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:  # noqa: ARG001
    """Reciprocal rank of the first relevant document among the first k; 0 if there is none."""
    hits = np.flatnonzero(_gains(relevance)[:k])
    return 1.0 / (int(hits[0]) + 1) if hits.size else 0.0
