"""Pairs of texts that may have nearly the same wording, without comparing every pair.

Two texts of nearly the same wording share most of their words, so they share two of the rarest few
words of each (prefix filter, Bayardo et al. 2007). Short texts, in which two misspelled words leave
too few, are looked up by three letters at a time as well. Texts whose letters are the same, or that
were cut off, are next to each other in alphabetical order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

WORDS = 6
"""Rarest words of a text that are looked up, two at a time."""
TRIGRAMS = 10
"""Rarest trigrams of a short text that are looked up, two at a time."""
SHORT = 30
"""Letters up to which a text is short."""
LARGEST = 32
"""Texts with the same two words from which each is compared only with those next to it."""
ADJACENT = 4
"""Texts that follow in alphabetical order and are compared."""


def candidate_pairs(words: Sequence[tuple[str, ...]], letters: Sequence[str]) -> NDArray[np.int64]:
    """Pairs of texts that may have nearly the same wording; the same for texts in any order.

    Args:
        words: the words of n texts.
        letters: all letters of these texts, without spaces.

    Returns:
        int64 `[p, 2]`, the first of each pair the smaller one, sorted.
    """
    n = len(words)
    order = np.asarray(sorted(range(n), key=letters.__getitem__), np.int64)
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    trigrams = [
        {text[i : i + 3] for i in range(len(text) - 2)} if len(text) <= SHORT else ()
        for text in letters
    ]
    codes = [
        _coded(_adjacent(order), n),
        *(_coded(pairs, n) for pairs in _sharing(words, WORDS, place)),
        *(_coded(pairs, n) for pairs in _sharing(trigrams, TRIGRAMS, place)),
    ]
    return np.stack(np.divmod(np.unique(np.concatenate(codes)), max(n, 1)), axis=1)


def _coded(pairs: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """One number for each distinct pair."""
    return np.unique(pairs.min(axis=1) * n + pairs.max(axis=1))


def _adjacent(members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each member with those that follow it."""
    return np.concatenate(
        [
            np.stack([members[:-step], members[step:]], axis=1)
            for step in range(1, min(ADJACENT, len(members) - 1) + 1)
        ]
        or [np.empty((0, 2), np.int64)]
    )


def _sharing(
    texts: Sequence[Sequence[str] | set[str]], most: int, place: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Pairs of texts that share two of the rarest tokens of each.

    Args:
        texts: the tokens of each text.
        most: tokens of a text that are looked up.
        place: of each text in alphabetical order.
    """
    rarest = _rarest(texts, most)
    size = int(rarest.max(initial=0)) + 1
    keys = []
    for one, other in combinations(range(most), 2):
        key = rarest[:, one] * size + rarest[:, other]
        keys.append(np.where(rarest[:, other] >= 0, key, -1))
    flat = np.concatenate(keys)
    owners = np.tile(np.arange(len(texts)), len(keys))[flat >= 0]
    flat = flat[flat >= 0]
    by_key = np.lexsort((place[owners], flat))
    flat, owners = flat[by_key], owners[by_key]
    starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]])) if len(flat) else flat
    sizes = np.diff(np.append(starts, len(flat)))
    for number in np.unique(sizes[(sizes > 1) & (sizes <= LARGEST)]).tolist():
        members = owners[starts[sizes == number][:, None] + np.arange(number)]
        left, right = np.triu_indices(number, 1)
        yield np.stack([members[:, left].ravel(), members[:, right].ravel()], axis=1)
    for start in np.flatnonzero(sizes > LARGEST).tolist():
        yield _adjacent(owners[starts[start] : starts[start] + sizes[start]])


def _rarest(texts: Sequence[Sequence[str] | set[str]], most: int) -> NDArray[np.int64]:
    """Ranks `[n, most]` of the rarest tokens that two texts share at least; ascending, then -1."""
    numbers: dict[str, int] = {}
    rows: list[int] = []
    tokens: list[int] = []
    for row, text in enumerate(texts):
        for token in set(text):
            tokens.append(numbers.setdefault(token, len(numbers)))
            rows.append(row)
    counts = np.bincount(np.asarray(tokens, np.int64), minlength=len(numbers))
    names = list(numbers)
    # ties in alphabetical order, so that the order of the texts does not matter
    order = sorted(range(len(names)), key=lambda number: (counts[number], names[number]))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    token_array, row_array = np.asarray(tokens, np.int64), np.asarray(rows, np.int64)
    shared = counts[token_array] > 1
    ranks, owners = rank[token_array[shared]], row_array[shared]
    by_rank = np.lexsort((ranks, owners))
    ranks, owners = ranks[by_rank], owners[by_rank]
    firsts = np.searchsorted(owners, np.arange(len(texts)))
    within = np.arange(len(owners)) - firsts[owners]
    found = np.full((len(texts), most), -1, np.int64)
    chosen = within < most
    found[owners[chosen], within[chosen]] = ranks[chosen]
    return found
