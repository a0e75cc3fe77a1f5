"""Explaining hits: the percentile of a similarity among random pairs, and the best sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections.contract import Hit, Model
from likewise.collections.sentence_split import sentences

SAMPLE = 2000
"""Chunks drawn for the distribution: two million pairs."""

LEVELS = (*range(100), 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 99.995, 99.998, 99.999, 100)
"""Percentiles that are stored; most hits are in the upper tail, so it is stored finely."""


@dataclass(frozen=True)
class SimilarityDistribution:
    """Similarities of random pairs of chunks.

    Attributes:
        values: the similarity at each of `LEVELS`.
        pairs: how many pairs they are of.
    """

    values: tuple[float, ...]
    pairs: int

    def percentile(self, similarity: float) -> float:
        """Percent of the random pairs that are less alike than this."""
        return float(np.interp(similarity, self.values, LEVELS))

    def at(self, percentile: float) -> float:
        """The similarity that so many percent of the random pairs do not reach."""
        return float(np.interp(percentile, LEVELS, self.values))


def similarity_distribution(
    sample: NDArray[np.float32], measure: str
) -> SimilarityDistribution | None:
    """The distribution from a random sample of vectors, float32 `[n, d]`; None from fewer than two.

    A repeated chunk would count as its own neighbor, so copies are left out.
    """
    sample = np.unique(sample, axis=0)
    if len(sample) < 2:
        return None
    scores = vectors.similarity(sample, sample, measure)
    pairs = scores[np.triu_indices(len(sample), 1)]
    values = np.percentile(pairs, LEVELS)
    return SimilarityDistribution(tuple(round(float(value), 6) for value in values), len(pairs))


def with_best_sentences(hits: Sequence[Hit], query: NDArray[np.float32], model: Model) -> list[Hit]:
    """The same hits, each with its sentence nearest to the query.

    Args:
        hits: any.
        query: the query's vector, float32 `[d]`.
        model: the one that made it.
    """
    spans = [sentences(hit.text) for hit in hits]
    texts = [
        hit.text[span.start : span.end]
        for hit, parts in zip(hits, spans, strict=True)
        if len(parts) > 1
        for span in parts
    ]
    if not texts:
        return list(hits)
    measure = model.similarity_fn_name
    scores = iter(vectors.similarity(query, model.encode_document(texts), measure)[0].tolist())
    best = []
    for hit, parts in zip(hits, spans, strict=True):
        if len(parts) > 1:
            scored = [replace(span, score=next(scores)) for span in parts]
            best.append(replace(hit, best=max(scored, key=lambda span: span.score)))
        else:
            best.append(hit)
    return best
