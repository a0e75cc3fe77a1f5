"""Questions answered out of a collection: the sentences that answer, and where they are from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from likewise.collections.contract import Hit

NEAR = 97.0
"""Percentile of random pairs that the best chunk must reach to count as an answer.

On SciFact nine claims in ten find a chunk above it, and everyday questions none above 75; a
collection of mixed texts, whose random pairs have little in common, needs 99 or more.
"""


@dataclass(frozen=True)
class Quote:
    """A sentence that answers.

    Attributes:
        text: the sentence.
        score: its similarity to the question.
        hit: the chunk it is from.
    """

    text: str
    score: float
    hit: Hit


@dataclass(frozen=True)
class Document:
    """The chunks of one record, best first.

    Attributes:
        record: its id.
        title: its title; may be empty.
        source: the file.
        line: in the file.
        chunks: its chunks that were found.
    """

    record: str
    title: str
    source: str
    line: int
    chunks: tuple[Hit, ...]


@dataclass(frozen=True)
class Answer:
    """The answer of a collection to a question.

    Attributes:
        question: as it was asked.
        near_enough: whether anything found is near enough to be an answer.
        percentile: of the best chunk among random pairs; None where nothing was found, or too
            few chunks are there to compare with.
        pairs: how many random pairs that is among.
        threshold: the percentile that counted as near enough.
        quotes: the best sentences, best first; none where nothing is near enough.
        documents: what was found, by record, best first; also where nothing is near enough.
    """

    question: str
    near_enough: bool
    percentile: float | None
    threshold: float
    quotes: tuple[Quote, ...]
    documents: tuple[Document, ...]
    pairs: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values.

        Keys: `question`, `near_enough`, `percentile` (or null), `pairs`, `threshold`, `quotes`
        (each with `text`, `score`, `hit`), `documents` (each with `record`, `title`, `source`,
        `line`, `chunks`); hits as in `Hit.to_dict`.
        """
        return {
            "question": self.question,
            "near_enough": self.near_enough,
            "percentile": self.percentile,
            "pairs": self.pairs,
            "threshold": self.threshold,
            "quotes": [
                {"text": quote.text, "score": quote.score, "hit": quote.hit.to_dict()}
                for quote in self.quotes
            ],
            "documents": [
                {
                    "record": document.record,
                    "title": document.title,
                    "source": document.source,
                    "line": document.line,
                    "chunks": [hit.to_dict() for hit in document.chunks],
                }
                for document in self.documents
            ],
        }


def answer(question: str, hits: Sequence[Hit], *, near: float = NEAR, quotes: int = 3) -> Answer:
    """An answer out of hits that have their best sentences.

    Args:
        question: as it was asked.
        hits: what a search found, each with its best sentence.
        near: percentile that the best chunk must reach.
        quotes: how many sentences to give at most.
    """
    percentiles = [hit.percentile for hit in hits if hit.percentile is not None]
    best = max(percentiles, default=None)
    near_enough = bool(hits) and (best is None or best >= near)
    found = tuple(_quotes(hits, near)[:quotes]) if near_enough else ()
    pairs = max((hit.pairs for hit in hits), default=0)
    return Answer(question, near_enough, best, near, found, tuple(_documents(hits)), pairs)


def _quotes(hits: Sequence[Hit], near: float) -> list[Quote]:
    """The best sentence of each chunk that is near enough, best first and without repeats."""
    quotes = [
        Quote(hit.sentence, hit.best.score if hit.best else hit.similarity or 0.0, hit)
        for hit in hits
        if hit.percentile is None or hit.percentile >= near
    ]
    found: list[Quote] = []
    for quote in sorted(quotes, key=lambda quote: -quote.score):
        if not any(_repeats(quote, other) for other in found):
            found.append(quote)
    return found


def _repeats(one: Quote, other: Quote) -> bool:
    """Whether two say the same in the same words.

    Case, punctuation, accents, articles and plurals may differ; a number or a "not" may not. Of
    one record, a part of a sentence that the end of a chunk has cut off is a repeat as well.
    """
    words, others = _words(one.text), _words(other.text)
    if words == others:
        return True
    if one.hit.record != other.hit.record:
        return False
    shorter, longer = sorted((" ".join(words), " ".join(others)), key=len)
    return bool(shorter) and f" {shorter} " in f" {longer} "


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = re.sub("[\u0300-\u036f]", "", folded)  # accents of Latin, Greek and Cyrillic
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", letters)
    return [_singular(word) for word in words if word not in _ARTICLES]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_ARTICLES = frozenset({"a", "an", "the"})


def _documents(hits: Sequence[Hit]) -> list[Document]:
    together: dict[str, list[Hit]] = {}
    for hit in hits:
        together.setdefault(hit.record, []).append(hit)
    return [
        Document(record, parts[0].title, parts[0].source, parts[0].line, tuple(parts))
        for record, parts in together.items()
    ]
