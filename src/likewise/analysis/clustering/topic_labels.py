"""Names for groups of texts, by class-based TF-IDF.

Every group is treated as one document: the weight of a term is its share of the group times its
rarity in the others (Grootendorst 2022, BERTopic, section 3.3). Texts that contain a term are
counted instead of occurrences, so that one long text does not name a group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.word_tokenizer import word_terms

TERMS = 10
"""Terms of each group."""

IN_A_NAME = 3
"""Terms in the name of a group."""

ABSORBED = 0.6
"""A term is replaced by a longer one that contains it and occurs in this share of its texts."""


def topic_terms(
    texts: Sequence[str],
    labels: Labels,
    *,
    count: int = TERMS,
    without: frozenset[str] = frozenset(),
) -> list[tuple[str, ...]]:
    """The terms that distinguish each group, the most distinctive first.

    Args:
        texts: n texts.
        labels: int32 `[n]`, group of each from 0; -1 is none, and is ignored.
        count: most terms per group.
        without: terms to leave out, since the topics above are named by them.
    """
    groups: list[Counter[str]] = [Counter() for _ in range(int(labels.max(initial=-1)) + 1)]
    sizes = np.bincount(labels[labels >= 0], minlength=len(groups))
    for text, label in zip(texts, labels.tolist(), strict=True):
        if label >= 0:
            groups[label].update(set(word_terms(text)))
    overall: Counter[str] = Counter()
    for group in groups:
        overall.update(group)
    average = sum(overall.values()) / max(len(groups), 1)
    return [
        _chosen(_scores(group, overall, average, int(size)), group, count, without)
        for group, size in zip(groups, sizes, strict=True)
    ]


def _scores(
    group: Counter[str], overall: Counter[str], average: float, size: int
) -> dict[str, float]:
    """Class-based TF-IDF of the terms of one group."""
    least = 1 if size < 10 else 2 if size < 100 else 3
    return {
        term: found / max(size, 1) * float(np.log1p(average / overall[term]))
        for term, found in group.items()
        if found >= least
    }


def _chosen(
    scores: dict[str, float], group: Counter[str], count: int, without: frozenset[str]
) -> tuple[str, ...]:
    """The best terms without redundant ones."""
    best = sorted(scores, key=lambda term: (-scores[term], -len(term), term))[: count * 8]
    absorbed = {
        short
        for short in best
        for long in best
        if len(long) > len(short)
        and _inside(short, long)
        and group[long] >= ABSORBED * group[short]
    } | {term for term in best if _cut_off(term, group)}
    chosen: list[str] = []
    for term in best:
        if term not in absorbed and not any(_alike(term, other) for other in (*chosen, *without)):
            chosen.append(term)
        if len(chosen) == count:
            break
    return tuple(chosen)


def _cut_off(piece: str, group: Counter[str]) -> bool:
    """Whether a Chinese n-gram is nearly always followed or preceded by the same character."""
    if piece.isascii() or " " in piece:
        return False
    most = ABSORBED * group[piece]
    return any(
        found >= most and len(longer) == len(piece) + 1 and piece in (longer[1:], longer[:-1])
        for longer, found in group.items()
    )


def _inside(short: str, long: str) -> bool:
    return short in long.split(" ") or (" " not in long and not long.isascii() and short in long)


def _alike(a: str, b: str) -> bool:
    """Whether two terms are redundant: forms of a word, or one contains the other."""
    if a == b or _inside(a, b) or _inside(b, a):
        return True
    if not (a.isascii() and b.isascii()):
        return len(set(a) & set(b)) > 1  # Chinese n-grams that overlap
    return _stem(a) == _stem(b)


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ied", "es", "ed", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def topic_name(terms: Sequence[str]) -> str:
    """A short name of the first few terms; a dash where there are none."""
    return " · ".join(terms[:IN_A_NAME]) or "–"
