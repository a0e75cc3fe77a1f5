"""Names for groups of texts: terms that are frequent in a group and rare beside it.

The weight of a term is its share of the group's texts, times how much larger that share is than in
all other texts, and than in the groups most like this one. Texts that contain a term are counted
instead of occurrences, so that one long text does not name a group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.word_tokenizer import word_terms
from likewise.extras import require

TERMS = 10
"""Terms of each group."""

IN_A_NAME = 3
"""Terms in the name of a group."""

PAIR = 1.6
"""A pair of words says more than one of them: how much more its weight counts."""

LEADING = 0.1
"""Terms of a name have at least this share of the weight of its first."""

APART = 0.7
"""Log of how much more frequent a term of the topic above is here than beside, to name this one."""

COVERED = 0.08
"""Share of a group's texts that the first term of its name is in, at least."""

CONTRAST = 0.5
"""Weight of the contrast with the most similar groups."""

ABSORBED = 0.6
"""A piece of Chinese is cut off where a longer one has this share of its texts."""


@dataclass(frozen=True)
class TermMatrix:
    """Which terms occur in which texts.

    Attributes:
        terms: t terms.
        counts: sparse `[n, t]`, 1 where the text contains the term.
    """

    terms: NDArray[Any]
    counts: Any

    def rows(self, rows: NDArray[np.int64]) -> TermMatrix:
        """The same terms in some of the texts."""
        return TermMatrix(self.terms, self.counts[rows])


def term_matrix(texts: Sequence[str]) -> TermMatrix:
    """The terms of texts; in more than 1,000 texts, those that occur twice or more."""
    sparse = require("scipy.sparse", "explore")
    numbers: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for text in texts:
        columns += {numbers.setdefault(term, len(numbers)) for term in word_terms(text)}
        starts.append(len(columns))
    ones = np.ones(len(columns), np.float32)
    counts = sparse.csr_matrix((ones, columns, starts), (len(texts), len(numbers)))
    terms = np.array(list(numbers), object)
    if len(texts) > 1000:
        several = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel() > 1)
        counts, terms = counts[:, several].tocsr(), terms[several]
    return TermMatrix(terms, counts)


def topic_terms(
    matrix: TermMatrix,
    labels: Labels,
    *,
    background: TermMatrix | None = None,
    similar: NDArray[np.bool_] | None = None,
    count: int = TERMS,
    without: frozenset[str] = frozenset(),
) -> list[tuple[str, ...]]:
    """The terms that distinguish each group, the most distinctive first.

    Args:
        matrix: terms of n texts.
        labels: int32 `[n]`, group of each from 0; -1 is none.
        background: terms of the whole corpus; these texts if None.
        similar: bool `[groups, groups]`, the groups each is contrasted with; all others if None.
        count: most terms per group.
        without: terms that the topics above are named by: left out unless they distinguish a group.
    """
    sparse = require("scipy.sparse", "explore")
    size = int(labels.max(initial=-1)) + 1
    inside = np.flatnonzero(labels >= 0)
    members = sparse.csr_matrix(
        (np.ones(len(inside), np.float32), (labels[inside], inside)), (size, len(labels))
    )
    everything = matrix if background is None else background
    found, sizes = (members @ matrix.counts).tocsr(), np.bincount(labels[inside], minlength=size)
    if similar is None:
        similar = ~np.eye(size, dtype=np.bool_)
    beside = sparse.csr_matrix(similar.astype(np.float32))
    near, near_sizes = (beside @ found).tocsr(), similar @ sizes
    totals = np.asarray(everything.counts.sum(axis=0)).ravel()
    names = []
    for group in range(size):
        columns = found.indices[found.indptr[group] : found.indptr[group + 1]]
        counts = found.data[found.indptr[group] : found.indptr[group + 1]]
        others = totals[columns] - counts
        share = counts / sizes[group]
        rest = (others + 0.5) / (everything.counts.shape[0] - sizes[group] + 1)
        close = (near[[group]].toarray().ravel()[columns] + 0.5) / (near_sizes[group] + 1)
        contrast = np.clip(np.log(share / close), -4, 3)
        weights = share * (np.log(share / rest) + CONTRAST * contrast)
        least = 1 if sizes[group] < 10 else 2 if sizes[group] < 100 else 3
        usable = np.flatnonzero((weights > 0) & (counts >= least))
        best = usable[np.argsort(-weights[usable], kind="stable")][: count * 12]
        table = {
            str(matrix.terms[columns[i]]): _Term(
                float(weights[i]), float(share[i]), float(contrast[i])
            )
            for i in best
        }
        names.append(_chosen(table, count, without))
    return names


@dataclass(frozen=True)
class _Term:
    weight: float
    share: float
    contrast: float


def _chosen(table: dict[str, _Term], count: int, without: frozenset[str]) -> tuple[str, ...]:
    """The best terms, without those that say the same."""
    weights = {
        term: found.weight * (PAIR if " " in term else 1)
        for term, found in table.items()
        if not _cut_off(term, table)
    }
    chosen: list[str] = []
    for term in sorted(weights, key=lambda term: (-weights[term], -len(term), term)):
        if not chosen and table[term].share < COVERED:
            continue
        if chosen and weights[term] < LEADING * weights[chosen[0]]:
            break
        above = () if table[term].contrast > APART else without
        if not any(_alike(term, other) for other in (*chosen, *above)):
            chosen.append(term)
        if len(chosen) == count:
            break
    return tuple(chosen)


def _cut_off(piece: str, table: dict[str, _Term]) -> bool:
    """Whether a Chinese n-gram is nearly always followed or preceded by the same character."""
    if piece.isascii() or " " in piece:
        return False
    most = ABSORBED * table[piece].share
    return any(
        found.share >= most and len(longer) == len(piece) + 1 and piece in (longer[1:], longer[:-1])
        for longer, found in table.items()
    )


def _alike(a: str, b: str) -> bool:
    """Whether two terms are redundant: they share a word, in any of its forms."""
    if not (a.isascii() and b.isascii()) and " " not in a + b:
        return a == b or len(set(a) & set(b)) > 1  # Chinese n-grams that overlap
    return not _stems(a).isdisjoint(_stems(b))


def _stems(term: str) -> set[str]:
    return {_stem(word) for word in re.split("[ -]", term)}


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ied", "es", "ed", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def topic_name(terms: Sequence[str], exemplar: str) -> str:
    """A short name of the first few terms; the beginning of an exemplar where there are none."""
    if terms:
        return " · ".join(terms[:IN_A_NAME])
    line = " ".join(exemplar.split())
    return f"“{line if len(line) <= 48 else line[:47].rstrip() + '…'}”"
