"""Hits put together: near-duplicates folded into the best of them, and chunks by document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from likewise import vectors
from likewise.collections.contract import Hit
from likewise.collections.snapshot import Candidate

NEAR_DUPLICATE = 0.95
"""Cosine similarity from which two chunks are near-duplicates."""

# texts that differ in one of these say something else, however similar their vectors are
_DISTINGUISHING = re.compile(r"\d+|\b(?:not?|never|without|neither|nor)\b|n['’]t\b", re.IGNORECASE)


def fold_near_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best of each group of near-duplicates, with the ids of the others in its hit.

    Args:
        candidates: best first.
    """
    if not candidates:
        return []
    matrix = np.stack([candidate.vector for candidate in candidates])
    near = vectors.cosine(matrix, matrix) >= NEAR_DUPLICATE
    kept: list[int] = []
    folded: dict[int, list[str]] = {}
    distinguishing = [_distinguishing(candidate.hit.text) for candidate in candidates]
    for n, candidate in enumerate(candidates):
        same = (m for m in kept if near[n, m] and distinguishing[m] == distinguishing[n])
        if (best := next(same, None)) is None:
            kept.append(n)
            folded[n] = []
        else:
            folded[best].append(candidate.hit.id)
    return [
        replace(candidates[n], hit=replace(candidates[n].hit, folded=tuple(folded[n])))
        for n in kept
    ]


def _distinguishing(text: str) -> Counter[str]:
    return Counter(match.casefold() for match in _DISTINGUISHING.findall(text))


def by_document(hits: Sequence[Hit], chunks: int) -> list[Hit]:
    """The best hit of each document, best first, with its further chunks.

    Args:
        hits: best first.
        chunks: how many chunks of a document are returned, at most; all are counted.
    """
    documents: dict[str, list[Hit]] = {}
    for hit in hits:
        documents.setdefault(hit.record, []).append(hit)
    return [
        replace(best, further=len(rest), further_hits=tuple(rest[: chunks - 1]))
        for best, *rest in documents.values()
    ]
