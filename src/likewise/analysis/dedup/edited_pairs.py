"""Pairs of texts of which one is an edited copy of the other, whatever their vectors say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from likewise.analysis.dedup.candidates import candidate_pairs
from likewise.analysis.dedup.comparison import WordingComparer
from likewise.analysis.dedup.spelling import Vocabulary
from likewise.analysis.dedup.wording import wording
from likewise.progress import ProgressFactory

_LEAST = 78
"""Least similarity of letters, in percent, of pairs that are compared word by word."""
_BLOCK = 65_536
"""Pairs whose letters are compared at once."""


@dataclass(frozen=True)
class EditedPairs:
    """The edited copies of a corpus; texts are numbered by their position.

    Attributes:
        pairs: int64 `[p, 2]`, the smaller position first.
        least: float64 `[p]`, the cosine similarity from which they are edited copies.
        numbers: int64 `[n]`, equal where two texts contain the same numbers.
        comparer: compares the wordings of any two texts.
        compared: pairs whose letters were compared.
    """

    pairs: NDArray[np.int64]
    least: NDArray[np.float64]
    numbers: NDArray[np.int64]
    comparer: WordingComparer
    compared: int


def edited_pairs(
    texts: Sequence[str],
    known_words: frozenset[str],
    progress: ProgressFactory,
    *,
    between: int | None = None,
) -> EditedPairs:
    """Find the pairs of texts of which one is an edited copy of the other.

    Args:
        texts: n distinct texts.
        known_words: words that exist, in lower case.
        progress: opens a bar.
        between: if given, only pairs of a position below it with one that is not.
    """
    found = [wording(text) for text in texts]
    words = [text.words for text in found]
    plain = [text.plain.words for text in found]
    codes: dict[tuple[str, ...], int] = {}
    numbers = np.asarray([codes.setdefault(text.numbers, len(codes)) for text in found], np.int64)
    comparer = WordingComparer(texts, Vocabulary(known_words, words))
    pairs = candidate_pairs(plain, [text.letters for text in found])
    if between is not None:
        pairs = pairs[(pairs[:, 0] < between) & (pairs[:, 1] >= between)]
    pairs = pairs[numbers[pairs[:, 0]] == numbers[pairs[:, 1]]]
    pairs = pairs[_as_long(pairs, words) | _as_long(pairs, plain)]
    same: list[tuple[int, int]] = []
    least: list[float] = []
    with progress(len(pairs), title="comparing wordings") as advance:
        for start in range(0, len(pairs), _BLOCK):
            block = pairs[start : start + _BLOCK]
            close = block[_alike(block, words, plain)]
            for left, right in close.tolist():
                similarity = comparer.compare(left, right).edited_from
                if similarity is not None:
                    same.append((left, right))
                    least.append(similarity)
            advance(len(block))
    return EditedPairs(
        np.asarray(same, np.int64).reshape(-1, 2), np.asarray(least),
        numbers, comparer, len(pairs),
    )  # fmt: skip


def _as_long(pairs: NDArray[np.int64], words: Sequence[tuple[str, ...]]) -> NDArray[np.bool_]:
    """Whether two texts are as long as texts with similar letters are."""
    lengths = np.asarray([sum(map(len, text)) + len(text) for text in words], np.int64)
    ends = lengths[pairs]
    as_long: NDArray[np.bool_] = 200 * ends.min(axis=1) >= _LEAST * ends.sum(axis=1)
    return as_long


def _alike(
    pairs: NDArray[np.int64],
    words: Sequence[tuple[str, ...]],
    plain: Sequence[tuple[str, ...]],
) -> NDArray[np.bool_]:
    """Whether the letters of two texts are similar enough to compare their words."""
    alike = np.zeros(len(pairs), bool)
    scorers: list[tuple[Sequence[tuple[str, ...]], Callable[..., float]]] = [
        (plain, fuzz.ratio), (words, fuzz.ratio), (plain, fuzz.token_sort_ratio),
    ]  # fmt: skip
    for some, scorer in scorers:
        rest = np.flatnonzero(~alike)
        left, right = ([" ".join(some[i]) for i in column] for column in pairs[rest].T)
        scores = process.cpdist(left, right, scorer=scorer, score_cutoff=_LEAST)
        alike[rest[scores > 0]] = True
    return alike
