"""How relevant a collection's chunks are to a question: by similarity, words and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from likewise.collections.calibration import COVERAGE_WEIGHT, Calibration
from likewise.collections.sentence_split import quotable

DEPTH = 8
"""Chunks of which the most relevant one counts."""

READ = 3
"""Of these, how many are compared sentence by sentence, the best first."""


@dataclass(frozen=True)
class Candidate:
    """A chunk that may answer a question.

    Attributes:
        text: the chunk.
        similarity: to the question.
        coverage: weighted share of the question's words that it and its title have.
    """

    text: str
    similarity: float
    coverage: float


def shortlist(candidates: Sequence[Candidate], spread: float) -> list[Candidate]:
    """The chunks that are worth comparing sentence by sentence."""
    order = sorted(
        candidates, key=lambda c: c.similarity / spread + COVERAGE_WEIGHT * c.coverage, reverse=True
    )
    return order[:READ]


def sentence_texts(text: str) -> list[str]:
    """The sentences of a chunk that can be quoted; none where the chunk is a single one."""
    spans = quotable(text)
    return [text[span.start : span.end] for span in spans] if len(spans) > 1 else []


def relevance(
    calibration: Calibration, candidates: Sequence[Candidate], scores: Mapping[str, float]
) -> float:
    """The relevance of the best of some chunks to a question.

    Args:
        calibration: of the collection.
        candidates: the chunks.
        scores: similarity of their sentences to the question.
    """
    return max(
        calibration.relevance(
            candidate.similarity,
            max((scores[text] for text in sentence_texts(candidate.text)),
                default=candidate.similarity),
            candidate.coverage,
        )
        for candidate in candidates
    )  # fmt: skip


def with_title(text: str, title: str | None) -> str:
    """A chunk with its title, as words are looked up in."""
    return f"{title}\n{text}" if title else text
