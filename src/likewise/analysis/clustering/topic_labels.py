"""Names for groups of texts, by class-based TF-IDF.

Every group is taken as one long document: a term counts for a group by how much of the group it
makes up, times how rare it is in the others (Grootendorst 2022, BERTopic, section 3.3). Instead of
how often a term is said, we count the texts that say it, so that one long text names no group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from likewise.analysis.clustering.communities import Labels
from likewise.analysis.clustering.word_tokenizer import word_terms

TERMS = 10
"""For each group."""

IN_A_NAME = 3
"""Of them."""

ABSORBED = 0.6
"""A term gives way to a longer one around it that is found in this share of its texts."""


def topic_terms(
    texts: Sequence[str],
    labels: Labels,
    *,
    count: int = TERMS,
    without: frozenset[str] = frozenset(),
) -> list[tuple[str, ...]]:
    """The terms that set each group apart, the most telling first.

    Args:
        texts: n texts.
        labels: int32 `[n]`, group of each from 0; -1 is none, and counts for nothing.
        count: terms a group, at most.
        without: terms that are not to be named, since what stands above names them.
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
    """The best terms that do not say the same twice."""
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
    """Whether a piece of Chinese nearly always goes on with the same character."""
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
    """Whether two terms say the same: forms of a word, or one holds the other."""
    if a == b or _inside(a, b) or _inside(b, a):
        return True
    if not (a.isascii() and b.isascii()):
        return len(set(a) & set(b)) > 1  # pieces of Chinese that overlap
    return _stem(a) == _stem(b)


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ied", "es", "ed", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def topic_name(telling: Sequence[str]) -> str:
    """A short name made of the first few terms; where there is none, a dash."""
    return " · ".join(telling[:IN_A_NAME]) or "–"
