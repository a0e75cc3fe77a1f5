"""Slips of the keyboard: when one word is another one, misspelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rapidfuzz.distance import OSA

from likewise.analysis.dedup.word_lists import word_lists

_FREQUENT = 5
"""Texts that contain a word from which it counts as a word of the corpus."""
_LONG = 6
"""Letters of a word that may have two slips."""


_RARER = 30
"""How much rarer than another word a short one is that is a slip of it."""
_NAMED_LETTERS = "acdir"
"""Letters that are words themselves, such as programming languages."""


class Vocabulary:
    """Decides which words exist: those of the model, of the corpus, and of the word lists.

    Args:
        words: whole words of the model's vocabulary, in lower case.
        texts: the words of each text of the corpus.
    """

    def __init__(self, words: frozenset[str], texts: Iterable[Iterable[str]]) -> None:
        self._words = words
        self._counts: Counter[str] = Counter()
        for text in texts:
            self._counts.update(set(text))
        self._lists = word_lists()

    def count(self, word: str) -> int:
        """How many texts contain a word."""
        return self._counts[word]

    def exists(self, word: str) -> bool:
        """Whether a word is one of the lists or of the model, or frequent in the corpus."""
        if self._lists.listed(word) or self._counts[word] >= _FREQUENT:
            return True
        # vocabularies contain every pair of letters, and many groups of three
        return word in (self._words if len(word) > 3 else self._lists.short_words)

    def is_foreign(self, word: str) -> bool:
        """Whether a word is known to neither, as names are that are written without a capital.

        Without the words of a model, none is.
        """
        return bool(self._words) and len(word) > 2 and word.isalpha() and not self.exists(word)

    def misspelled(self, a: str, b: str) -> bool:
        """Whether one of two words is the other one with one slip, or two in a long word.

        Two words that both exist differ in meaning, however alike they look; so do numbers.
        """
        short, long = sorted((a, b), key=len)
        if len(long) - len(short) > 2 or not (a[0].isalpha() and b[0].isalpha()):
            return False
        limit = 2 if len(short) >= _LONG else 1
        if OSA.distance(a, b, score_cutoff=limit) > limit:
            return False
        if len(short) < 2:  # `y` for `my`; but C and R are names
            return long in self._lists.function_words and short not in _NAMED_LETTERS
        known = self._is_word(a, b), self._is_word(b, a)
        if all(known):
            return {a, b} <= self._lists.weak_words
        return any(known) or len(short) >= _LONG

    def _is_word(self, word: str, other: str) -> bool:
        """Whether a word exists; a short one that is in no list only if it is not far rarer."""
        if len(word) > 3 or word in self._lists.short_words or self._lists.listed(word):
            return self.exists(word)
        return self._counts[word] >= max(_FREQUENT, self._counts[other] / _RARER)
