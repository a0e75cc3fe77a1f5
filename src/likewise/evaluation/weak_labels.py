"""Generates labels for data without any: titles and bodies, halves of a text, word overlap."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from likewise.errors import RecordError
from likewise.evaluation.task_schemas import Columns, retrieval_from_pairs
from likewise.evaluation.tasks import Retrieval
from likewise.extras import require

MINIMUM = 10
"""Fewest labels that make a task."""

VERY_WEAK = 0.8
"""nDCG@10 of word overlap above which labels mostly measure shared words."""

Kind = Literal["titles", "halves", "words"]
SOURCES: Mapping[Kind, str] = MappingProxyType(
    {
        "titles": "titles and their bodies",
        "halves": "first and second halves of a text",
        "words": "texts that share most of their words",
    }
)
"""What labels are generated from, in words."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class GeneratedLabels:
    """What is known of generated labels.

    Attributes:
        kind: what they are generated from.
        count: their number.
        overlap: nDCG@10 of word overlap alone, 0 to 1; the higher it is, the weaker the labels.
        very_weak: whether they mostly measure shared words.
    """

    kind: Kind
    count: int
    overlap: float
    very_weak: bool


@dataclass(frozen=True)
class WeakLabels:
    """A task with generated labels.

    Attributes:
        task: the task.
        facts: what is known of the labels.
    """

    task: Retrieval
    facts: GeneratedLabels

    @property
    def warning(self) -> str:
        """How reliable the labels are, in two sentences."""
        return (
            f"These labels are generated: {self.facts.count:,} {SOURCES[self.facts.kind]}. Word "
            f"overlap alone scores {100 * self.facts.overlap:.1f} of 100 on them, so "
            + (
                "they are very weak: they mostly measure shared words."
                if self.facts.very_weak
                else "they are a rough guide."
            )
        )


class WordOverlap:
    """Encodes texts as TF-IDF vectors: a baseline without a model."""

    name = "word overlap"

    def __init__(self, texts: Sequence[str]) -> None:
        text = require("sklearn.feature_extraction.text", "evaluate")
        self._vectorizer = text.TfidfVectorizer(sublinear_tf=True, max_features=8192).fit(texts)

    def encode(self, sentences: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """One row per text, one column per word: float32 `[n, words]`."""
        return np.asarray(self._vectorizer.transform(sentences).toarray(), dtype=np.float32)


def mine_labels(name: str, columns: Columns, sample: int = 2000, seed: int = 42) -> WeakLabels:
    """Generate the best weak labels that a table allows.

    The relevant document of a title is its body; of the first half of a long text, the second
    half; of a short text, another text that has most of its words.

    Args:
        name: of the task.
        columns: the table.
        sample: most rows to use.
        seed: of the sample.

    Raises:
        RecordError: too few labels can be generated.
    """
    rows = np.random.default_rng(seed).permutation(columns.table.rows)[:sample].tolist()
    if columns.has("title", "body"):
        titles, bodies = columns.texts("title"), columns.texts("body")
        pairs = [_title_and_body(titles[i], bodies[i]) for i in rows]
        return _from_pairs(name, "titles", pairs)
    if columns.name("text") is None:
        raise RecordError(
            f"{columns.table.path} has no column of texts",
            hint="name it with --columns text=…; its columns: " + ", ".join(columns.table.columns),
        )
    all_texts = columns.texts("text")
    texts = [all_texts[i] for i in rows]
    halves = [_halves(t) for t in texts if len(t.split()) >= 24]
    if len(halves) >= len(texts) / 2:
        return _from_pairs(name, "halves", halves)
    return _from_word_overlap(name, list(dict.fromkeys(texts)))


@dataclass(frozen=True)
class WeakPair:
    """A query and its relevant document."""

    query: str
    answer: str


def _title_and_body(title: str, body: str) -> WeakPair:
    body = body.strip()
    return WeakPair(title.strip(), body[len(title) :].strip() if body.startswith(title) else body)


def _halves(text: str) -> WeakPair:
    words = text.split()
    return WeakPair(" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :]))


def _from_word_overlap(name: str, texts: Sequence[str]) -> WeakLabels:
    """Each text with the one of the highest Jaccard similarity of words, from 0.5 to below 1."""
    word_sets = [frozenset(WORD.findall(t.lower())) for t in texts]
    rows_by_word: dict[str, list[int]] = defaultdict(list)
    for row, words in enumerate(word_sets):
        for word in words:
            rows_by_word[word].append(row)
    max_rows = max(20, len(texts) // 20)  # more frequent words are ignored
    relevant: dict[str, dict[str, int]] = {}
    for row, words in enumerate(word_sets):
        shared = Counter(
            other
            for word in words
            if len(rows_by_word[word]) <= max_rows
            for other in rows_by_word[word]
            if other != row
        )
        scored = [
            (len(words & word_sets[o]) / len(words | word_sets[o]), -o)
            for o, _ in shared.most_common(50)
        ]
        jaccard, other = max(scored, default=(0.0, 0))
        if 0.5 <= jaccard < 1.0:
            relevant[str(row)] = {str(-other): 1}
    corpus = {str(row): text for row, text in enumerate(texts)}
    task = Retrieval(name, corpus, corpus, relevant, "weak", skip_same_id=True)
    return _weak_labels(task, "words")


def _from_pairs(name: str, kind: Kind, pairs: Sequence[WeakPair]) -> WeakLabels:
    pairs = [p for p in pairs if p.query and p.answer and p.query != p.answer]
    queries, answers = [p.query for p in pairs], [[p.answer] for p in pairs]
    return _weak_labels(retrieval_from_pairs(name, "weak", queries, answers), kind)


def _weak_labels(task: Retrieval, kind: Kind) -> WeakLabels:
    labels = sum(map(len, task.relevant.values()))
    if labels < MINIMUM:
        raise RecordError(
            f"{task.name} has no labels, and only {labels} weak ones can be generated "
            f"({SOURCES[kind]})",
            hint="add a column of labels, or give more texts",
        )
    score = task.run(WordOverlap(list(task.corpus.values()))).score
    return WeakLabels(task, GeneratedLabels(kind, labels, score, score > VERY_WEAK))
