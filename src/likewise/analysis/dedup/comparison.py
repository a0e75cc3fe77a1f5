"""Compares the wordings of two texts of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from likewise.analysis.dedup.alignment import align
from likewise.analysis.dedup.differences import Difference, differences
from likewise.analysis.dedup.edits import edited_from
from likewise.analysis.dedup.spelling import Vocabulary
from likewise.analysis.dedup.wording import Wording, wording

_CACHED = 65_536
"""Wordings held at once."""


@dataclass(frozen=True)
class Comparison:
    """How the wordings of two texts compare.

    Attributes:
        differences: what they disagree on.
        edited_from: the least cosine similarity at which one is an edited copy of the other; None
            where it is none.
    """

    differences: tuple[Difference, ...]
    edited_from: float | None


class WordingComparer:
    """Compares texts by their position.

    Args:
        texts: of the corpus.
        vocabulary: the words that exist.
    """

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._wording = lru_cache(_CACHED)(lambda position: wording(texts[position]))

    def compare(self, left: int, right: int) -> Comparison:
        """Compare the texts of two positions."""
        a: Wording = self._wording(left)
        b: Wording = self._wording(right)
        if a.letters == b.letters:
            return Comparison((), 0.0)
        found = self._compare(a.plain, b.plain)
        if found.edited_from is None and (a.plain is not a or b.plain is not b):
            whole = self._compare(a, b)  # a slip may be in the polite phrase
            if whole.edited_from is not None:
                return whole
        return found

    def _compare(self, a: Wording, b: Wording) -> Comparison:
        alignment = align(a, b, self._vocabulary)
        found = differences(a, b, alignment, self._vocabulary)
        return Comparison(found, None if found else edited_from(a, b, alignment))
