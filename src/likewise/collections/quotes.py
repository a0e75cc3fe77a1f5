"""Which sentences of some chunks answer a question best."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from likewise.collections.answer_type import has_expected_type
from likewise.collections.contract import Hit, Span
from likewise.collections.sentence_split import quotable
from likewise.collections.words import WeightedWords, content_words

# what a sentence scores: similarities count in spreads of the collection's calibration
CHUNK = 0.75
"""Similarity of its chunk, against 1 for its own."""
OWN_WORDS = 9.0
"""Share of the question's words that it has."""
NEAR_WORDS = 4.0
"""Share that it has with the sentence before it and the title."""
CHUNK_WORDS = 4.0
"""Share that its chunk has."""
ANSWER_TYPE = 1.3
"""Added where it has a number, a date or a name as the question expects, else subtracted."""


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
class _Scored:
    """A quote with what it is ordered by."""

    quote: Quote
    value: float


def best_quotes(
    question: str,
    hits: Sequence[Hit],
    scores: Mapping[str, float],
    words: WeightedWords,
    spread: float,
) -> list[Quote]:
    """The best sentences of some chunks, best first and without repeats.

    The hit of each has its best sentence as `best`.

    Args:
        question: as it was asked.
        hits: the chunks.
        scores: similarity of their sentences to the question; that of a chunk with a single
            sentence is its own.
        words: of the question.
        spread: of similarities to off-topic questions.
    """
    scored = [entry for hit in hits for entry in _of_chunk(question, hit, scores, words, spread)]
    found: list[Quote] = []
    for entry in sorted(scored, key=lambda entry: -entry.value):
        if not any(_repeats(entry.quote, other) for other in found):
            found.append(entry.quote)
    return found


def _of_chunk(
    question: str,
    hit: Hit,
    scores: Mapping[str, float],
    words: WeightedWords,
    spread: float,
) -> list[_Scored]:
    similarity = hit.similarity or 0.0
    title = set(content_words(hit.title))
    chunk = CHUNK * similarity / spread + CHUNK_WORDS * words.coverage(
        title | set(content_words(hit.text))
    )
    before: set[str] = set()
    scored = []
    for span in quotable(hit.text):
        text = hit.text[span.start : span.end]
        own = set(content_words(text))
        score = scores.get(text, similarity)
        expected = has_expected_type(question, text)
        value = (
            chunk
            + score / spread
            + OWN_WORDS * words.coverage(own)
            + NEAR_WORDS * words.coverage(own | before | title)
            + (0.0 if expected is None else ANSWER_TYPE if expected else -ANSWER_TYPE)
        )
        marked = replace(hit, best=Span(span.start, span.end, score))
        scored.append(_Scored(Quote(text, score, marked), value))
        before = own
    return scored


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
