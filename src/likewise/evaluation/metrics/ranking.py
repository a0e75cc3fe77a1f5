"""Ranked lists against judgements: nDCG, recall, MAP, MRR and precision, as trec_eval has them.

`relevance` is the judged relevance of what was retrieved, in ranked order (0 where not judged);
`judged` holds every judgement of the query, retrieved or not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def trec_order(scores: ArrayLike, ids: Sequence[str]) -> NDArray[np.int64]:
    """Places of the candidates, best first; equal scores by id, descending, as trec_eval does.

    Args:
        scores: `[n]`.
        ids: the candidates' ids, `[n]`.
    """
    values = np.asarray(scores)
    # the ids' own order decides ties, so it is laid down first and the stable sort keeps it
    by_id = np.array(sorted(range(len(ids)), key=lambda i: ids[i], reverse=True), dtype=np.int64)
    return by_id[np.argsort(-values[by_id], kind="stable")]


def _gains(relevance: ArrayLike) -> NDArray[np.float64]:
    return np.maximum(np.asarray(relevance, dtype=np.float64).ravel(), 0.0)


def _discounted(gains: NDArray[np.float64]) -> float:
    return float(np.sum(gains / np.log2(np.arange(2, gains.size + 2))))


def ndcg_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Discounted gain of the first k over the best possible one; 0 where nothing is relevant."""
    ideal = _discounted(np.sort(_gains(judged))[::-1][:k])
    return _discounted(_gains(relevance)[:k]) / ideal if ideal else 0.0


def recall_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Share of the relevant ones found among the first k."""
    relevant = int(np.count_nonzero(_gains(judged)))
    return np.count_nonzero(_gains(relevance)[:k]) / relevant if relevant else 0.0


def precision_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:  # noqa: ARG001
    """Share of the first k that are relevant; places left empty count as misses."""
    return np.count_nonzero(_gains(relevance)[:k]) / k


def map_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:
    """Mean, over the relevant ones, of the precision at each one's place among the first k."""
    relevant = int(np.count_nonzero(_gains(judged)))
    hits = _gains(relevance)[:k] > 0
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].sum()) / relevant if relevant else 0.0


def mrr_at(relevance: ArrayLike, judged: ArrayLike, k: int) -> float:  # noqa: ARG001
    """One over the place of the first relevant one among the first k; 0 where there is none."""
    hits = np.flatnonzero(_gains(relevance)[:k])
    return 1.0 / (int(hits[0]) + 1) if hits.size else 0.0
