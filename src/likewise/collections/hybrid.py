"""Chunks by meaning and by words together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from likewise.collections.fusion import REFERENCE_RANK, hybrid_scores
from likewise.collections.snapshot import Candidate, Snapshot


def depth(k: int) -> int:
    """How many chunks of each order are looked at for the k best of both."""
    return max(REFERENCE_RANK, 2 * k)


def by_both(
    snapshot: Snapshot, words: str, vector: NDArray[np.float32], k: int, where: str | None = None
) -> list[Candidate]:
    """The k chunks with the highest weighted sum of similarity and BM25.

    BM25 counts as 0 for chunks that are not among the best by words.

    Args:
        snapshot: of the collection.
        words: what to search for by words.
        vector: of the query, float32 `[d]`.
        k: how many.
        where: an SQL condition.
    """
    semantic, keyword = snapshot.ranked(words, vector, depth(k), where)
    row_ids, first = np.unique(
        np.concatenate([keyword.row_ids, semantic.row_ids]), return_index=True
    )
    similarities = np.concatenate([keyword.similarities, semantic.similarities])[first]
    bm25 = np.concatenate([keyword.scores, np.zeros_like(semantic.scores)])[first]
    scores = hybrid_scores(
        similarities, bm25, semantic.similarities, float(keyword.scores.max(initial=0.0))
    )
    order = np.lexsort((first, -scores))[:k]
    found = snapshot.candidates(row_ids[order], similarities[order])
    return [
        replace(each, hit=replace(each.hit, score=float(score), measure="hybrid"))
        for each, score in zip(found, scores[order], strict=True)
    ]
