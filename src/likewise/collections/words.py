"""The words that a question and a chunk have in common, weighted by how rare they are."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from likewise.data.stop_words import stop_words

HAN = re.compile("[㐀-䶿一-鿿豈-﫿]+")

_WORD = re.compile(rf"{HAN.pattern}|[^\W_]+(?:['’][^\W_]+)*")

_SUFFIXES = ("ing", "edly", "ed", "ies", "es", "s", "ly")
"""Endings of English words that are cut, longest kind first, so that forms of a word match."""


def content_words(text: str) -> Iterator[str]:
    """Stems of the words of a text without stop words; pairs of characters for Chinese."""
    stop = stop_words("en")
    for word in _WORD.findall(text.lower().replace("’", "'")):
        if HAN.match(word):
            yield from (word[n : n + 2] for n in range(len(word) - 1)) if len(word) > 1 else [word]
        elif (plain := word.removesuffix("'s")) not in stop:
            yield _stem(plain)


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


@dataclass(frozen=True)
class WeightedWords:
    """The words of a question with their inverse document frequencies.

    Attributes:
        weights: by word.
        total: their sum, and the weight of one word that no chunk has. So the coverage of a
            question of one or two words stays below that of a long one.
    """

    weights: dict[str, float]
    total: float

    def coverage(self, words: Iterable[str]) -> float:
        """The weighted share of the question's words that are among these, 0 to below 1."""
        return sum(self.weights.get(word, 0.0) for word in set(words)) / self.total


@dataclass
class DocumentFrequencies:
    """In how many chunks of a sample each word occurs.

    Attributes:
        counts: chunks by word.
        chunks: how many there are.
    """

    counts: Counter[str] = field(default_factory=Counter)
    chunks: int = 0

    @classmethod
    def of(cls, texts: Iterable[str]) -> DocumentFrequencies:
        """The frequencies in these chunks."""
        found = cls()
        for text in texts:
            found.counts.update(set(content_words(text)))
            found.chunks += 1
        return found

    def weighted(self, question: str) -> WeightedWords:
        """The words of a question with their weights."""
        weights = {word: self._weight(self.counts[word]) for word in content_words(question)}
        return WeightedWords(weights, sum(weights.values()) + self._weight(0))

    def _weight(self, count: int) -> float:
        return math.log(1 + (self.chunks - count + 0.5) / (count + 0.5))
