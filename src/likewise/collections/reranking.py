"""Reranking: a cross-encoder or a larger model puts hits in a better order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from likewise import vectors
from likewise.collections.contract import Scorer
from likewise.loading import load
from likewise.reranker import is_cross_encoder, load_reranker
from likewise.results import Ranked

POOL = 50
"""Candidates that a reranker scores, at least."""


def load_scorer(
    name: str | Path,
    *,
    compute: str = "auto",
    loader: Callable[..., Scorer] = load,
    reranker_loader: Callable[..., Scorer] = load_reranker,
) -> Scorer:
    """Load a cross-encoder, or any other model that scores texts by its vectors.

    Args:
        name: catalogue name, hub id or folder.
        compute: number format of the network.
        loader: loads models that are not cross-encoders: `loader(name, compute=compute)`.
        reranker_loader: loads cross-encoders in the same way.

    Raises:
        ModelNotFoundError: no such model anywhere.
        UnsupportedModelError: it is of a kind that cannot be run.
        DownloadError: it is not on this machine and cannot be downloaded.
    """
    chosen = reranker_loader if is_cross_encoder(name) else loader
    return chosen(str(name), compute=compute)


def pool(top_k: int) -> int:
    """Number of candidates that a reranker scores to find the best `top_k`."""
    return max(POOL, 5 * top_k)


def reranked(scorer: Scorer, query: str, ranked: Sequence[Ranked], top_k: int) -> list[Ranked]:
    """The best of a ranking in the order of a reranker's scores; ties keep their order."""
    if not ranked:
        return []
    best = vectors.top_k(scorer.scores(query, [hit.text for hit in ranked])[None], top_k)
    return [
        replace(ranked[n], score=float(score))
        for n, score in zip(best.indices[0], best.scores[0], strict=True)
    ]
