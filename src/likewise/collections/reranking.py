"""Judges that put hits in a better order: cross-encoders, and larger models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from likewise import vectors
from likewise.collections.contract import Scorer
from likewise.results import Ranked

POOL = 50
"""Candidates that a judge gets to see, at least."""


def load_scorer(name: str | Path, *, compute: str = "auto") -> Scorer:
    """Load a cross-encoder, or any other model as a judge by its vectors.

    Raises:
        ModelNotFoundError: no such model anywhere.
        UnsupportedModelError: it is of a kind that cannot be run.
        DownloadError: it is not here and cannot be fetched.
    """
    from likewise.loading import load
    from likewise.reranker import is_cross_encoder, load_reranker

    if is_cross_encoder(name):
        return load_reranker(name, compute=compute)
    return load(name, compute=compute)


def pool(top_k: int) -> int:
    """How many candidates a judge sees where so many are wanted."""
    return max(POOL, 5 * top_k)


def reranked(judge: Scorer, query: str, ranked: Sequence[Ranked], top_k: int) -> list[Ranked]:
    """The best of a ranking in the order of a judge's scores; equal ones keep theirs."""
    if not ranked:
        return []
    best = vectors.top_k(judge.scores(query, [hit.text for hit in ranked])[None], top_k)
    return [
        replace(ranked[n], score=float(score))
        for n, score in zip(best.indices[0], best.scores[0], strict=True)
    ]
