"""Labels where there are none: titles and their bodies, halves of a text, texts of like words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.errors import RecordError
from likewise.evaluation.task_schemas import Columns, retrieval_of_pairs
from likewise.evaluation.tasks import Retrieval
from likewise.extras import require

FEWEST = 10
"""Labels below this number say nothing."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class WeakLabels:
    """A task made of labels that nobody gave.

    Attributes:
        task: the task.
        source: where its labels come from.
        labels: how many there are.
        overlap: nDCG at 10 that plain word overlap reaches, 0 to 1: what the labels give away.
        warning: how weak they are, in a sentence or two.
    """

    task: Retrieval
    source: str
    labels: int
    overlap: float
    warning: str


class WordOverlap:
    """Texts as TF-IDF counts of their words: no model at all, the floor to stand above."""

    name = "word overlap"

    def __init__(self, texts: Sequence[str]) -> None:
        text = require("sklearn.feature_extraction.text", "evaluate")
        self._counts = text.TfidfVectorizer(sublinear_tf=True, max_features=8192).fit(texts)

    def encode(self, sentences: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """One row a text, one column a word: float32 `[n, words]`."""
        return np.asarray(self._counts.transform(sentences).toarray(), dtype=np.float32)


def mine_labels(name: str, columns: Columns, sample: int = 2000, seed: int = 42) -> WeakLabels:
    """The best weak labels a table can give.

    Titles should find their bodies; in long texts the first half should find the second; among
    short texts, one should find another that shares most of its words but is not the same.

    Args:
        name: of the task.
        columns: the table.
        sample: rows taken at most.
        seed: of the rows drawn.

    Raises:
        RecordError: there are too few labels to be found.
    """
    rows = np.random.default_rng(seed).permutation(columns.table.rows)[:sample].tolist()
    if columns.has("title", "body"):
        titles, bodies = columns.texts("title"), columns.texts("body")
        pairs = [_untitled(titles[i], bodies[i]) for i in rows]
        return _of_pairs(name, "titles and their bodies", pairs)
    if columns.name("text") is None:
        raise RecordError(
            f"{columns.table.path} has no column of texts",
            hint="name it with --columns text=…; its columns: " + ", ".join(columns.table.columns),
        )
    every = columns.texts("text")
    texts = [every[i] for i in rows]
    halves = [_halves(t) for t in texts if len(t.split()) >= 24]
    if len(halves) >= len(texts) / 2:
        return _of_pairs(name, "first and second halves of a text", halves)
    return _of_neighbours(name, list(dict.fromkeys(texts)))


@dataclass(frozen=True)
class WeakPair:
    """A text and one that should be found with it."""

    query: str
    answer: str


def _untitled(title: str, body: str) -> WeakPair:
    body = body.strip()
    return WeakPair(title.strip(), body[len(title) :].strip() if body.startswith(title) else body)


def _halves(text: str) -> WeakPair:
    words = text.split()
    return WeakPair(" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))


def _of_neighbours(name: str, texts: Sequence[str]) -> WeakLabels:
    """Each text with the one that shares most of its words: half of them all, but not every one."""
    bags = [frozenset(WORD.findall(t.lower())) for t in texts]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, bag in enumerate(bags):
        for word in bag:
            holders[word].append(place)
    common = max(20, len(texts) // 20)
    relevant: dict[str, dict[str, int]] = {}
    for place, bag in enumerate(bags):
        shared = Counter(
            other
            for word in bag
            if len(holders[word]) <= common
            for other in holders[word]
            if other != place
        )
        scored = [(len(bag & bags[o]) / len(bag | bags[o]), -o) for o, _ in shared.most_common(50)]
        likeness, other = max(scored, default=(0.0, 0))
        if 0.5 <= likeness < 1.0:
            relevant[str(place)] = {str(-other): 1}
    corpus = {str(place): text for place, text in enumerate(texts)}
    task = Retrieval(name, corpus, corpus, relevant, "weak", skip_same_id=True)
    return _weak(task, "texts that share most of their words")


def _of_pairs(name: str, source: str, pairs: Sequence[WeakPair]) -> WeakLabels:
    pairs = [p for p in pairs if p.query and p.answer and p.query != p.answer]
    queries, answers = [p.query for p in pairs], [[p.answer] for p in pairs]
    return _weak(retrieval_of_pairs(name, "weak", queries, answers), source)


def _weak(task: Retrieval, source: str) -> WeakLabels:
    labels = sum(map(len, task.relevant.values()))
    if labels < FEWEST:
        raise RecordError(
            f"{task.name} has no labels, and only {labels} weak ones can be found ({source})",
            hint="add a column that tells what belongs together, or give more texts",
        )
    score = task.run(WordOverlap(list(task.corpus.values()))).score
    warning = (
        f"Nobody gave these labels: they are {labels:,} {source}. Plain word overlap alone reaches "
        f"{100 * score:.1f} of 100 on them, so "
        + (
            "they are very weak: they mostly reward shared words."
            if score > 0.8
            else "take them as a hint, not as a judgement."
        )
    )
    return WeakLabels(task, source, labels, score, warning)
