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
    pool = depth(k)
    semantic = snapshot.by_vector(vector, pool, where)
    keyword = snapshot.by_words(words, pool, where, vector)
    found = {candidate.hit.id: candidate for candidate in [*keyword, *semantic]}
    bm25 = {candidate.hit.id: candidate.hit.score for candidate in keyword}
    candidates = list(found.values())
    scores = hybrid_scores(
        _similarities(candidates),
        np.array([bm25.get(name, 0.0) for name in found], np.float32),
        _similarities(semantic),
        max(bm25.values(), default=0.0),
    )
    return [
        replace(
            candidates[n], hit=replace(candidates[n].hit, score=float(scores[n]), measure="hybrid")
        )
        for n in np.argsort(-scores, kind="stable")[:k].tolist()
    ]


def _similarities(candidates: list[Candidate]) -> NDArray[np.float32]:
    return np.array([candidate.hit.similarity for candidate in candidates], np.float32)
