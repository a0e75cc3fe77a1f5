"""Which task a table makes: the columns it needs, under the names people give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from likewise.data.table import Table
from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.tasks import (
    BitextMining,
    Classification,
    Clustering,
    DuplicateMining,
    PairClassification,
    Reranking,
    Retrieval,
    Sts,
)
from likewise.evaluation.tasks.reranking import Candidates

ROLES: Mapping[str, tuple[str, ...]] = {
    "first": ("sentence1", "sentence_1", "sent1", "text1", "premise", "question1", "source"),
    "second": ("sentence2", "sentence_2", "sent2", "text2", "hypothesis", "question2", "target"),
    "rating": ("score", "rating", "similarity", "similarity_score", "gold", "label", "labels",
               "is_duplicate"),
    "text": ("text", "sentence", "sentences", "content", "title"),
    "label": ("label", "labels", "category", "class", "intent", "topic"),
    "group": ("group", "duplicate_group", "cluster_id"),
    "query": ("query", "question", "anchor"),
    "positive": ("positive", "positives", "pos", "answer", "document", "passage"),
    "negative": ("negative", "negatives", "neg"),
    "title": ("title", "headline", "subject"),
    "body": ("text", "body", "content", "abstract"),
}  # fmt: skip
"""What a column can be, and the names it is found by, in order."""


@dataclass(frozen=True)
class Columns:
    """A table seen through its roles.

    Attributes:
        table: the file's rows.
        named: column by role, where the caller names it.
    """

    table: Table
    named: Mapping[str, str]

    def name(self, role: str) -> str | None:
        """The column that plays a role; None where there is none."""
        if role in self.named:
            if self.named[role] not in self.table.columns:
                raise RecordError(
                    f"{self.table.path} has no column {self.named[role]!r}",
                    hint="its columns: " + ", ".join(self.table.columns),
                )
            return self.named[role]
        names = self.table.columns
        inner = {name.rpartition(".")[2].strip().lower(): name for name in names}
        lower = inner | {name.strip().lower(): name for name in names}
        return next((lower[n] for n in ROLES[role] if n in lower), None)

    def has(self, *roles: str) -> bool:
        """Whether each role has a column of its own."""
        names = [self.name(role) for role in roles]
        return None not in names and len(set(names)) == len(names)

    def texts(self, role: str) -> list[str]:
        """A role's values as texts; an absent one is empty."""
        return ["" if v is None else str(v) for v in self.table.columns[self.name(role) or ""]]

    def lists(self, role: str) -> list[list[str]]:
        """A role's values as lists of texts; one text stands for a list of one."""
        values = self.table.columns[self.name(role) or ""]
        return [[str(t) for t in v] if isinstance(v, list) else [str(v)] for v in values]

    def numbers(self, role: str) -> list[float] | None:
        """A role's values as numbers; None where one of them is none."""
        try:
            return [float(v) for v in self.table.columns[self.name(role) or ""]]
        except (TypeError, ValueError):
            return None


def _is_binary(columns: Columns) -> bool:
    return set(columns.numbers("rating") or ()) <= {0.0, 1.0}


def _pairs(columns: Columns) -> bool:
    return columns.has("first", "second", "rating") and columns.numbers("rating") is not None


def _make_sts(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    ratings = test.numbers("rating") or []
    return Sts(name, test.texts("first"), test.texts("second"), ratings, split)


def _make_pairs(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    labels = [int(v) for v in test.numbers("rating") or []]
    return PairClassification(name, test.texts("first"), test.texts("second"), labels, split)


def _make_reranking(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    sides = zip(test.texts("query"), test.lists("positive"), test.lists("negative"), strict=True)
    return Reranking(name, [Candidates(*side) for side in sides], split)


def _make_retrieval(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    return retrieval_of_pairs(name, split, test.texts("query"), test.lists("positive"))


def retrieval_of_pairs(
    name: str, split: str, queries: Sequence[str], positives: Sequence[Sequence[str]]
) -> Retrieval:
    """Each query against all answers there are; a query asked twice has the answers of both."""
    documents: dict[str, str] = {}
    asked: dict[str, str] = {}
    relevant: dict[str, dict[str, int]] = {}
    for query, answers in zip(queries, positives, strict=True):
        place = asked.setdefault(query, f"q{len(asked)}")
        for answer in answers:
            document = documents.setdefault(answer, f"d{len(documents)}")
            relevant.setdefault(place, {})[document] = 1
    texts = {place: text for text, place in documents.items()}
    return Retrieval(name, {place: q for q, place in asked.items()}, texts, relevant, split)


def _make_classification(name: str, split: str, test: Columns, train: Columns | None) -> Task:
    if train is None:
        texts, labels = test.texts("text"), test.texts("label")
        order = np.random.default_rng(42).permutation(len(texts)).tolist()
        learn, tested = order[: len(order) // 2], order[len(order) // 2 :]
        known = {labels[i] for i in learn}
        tested = [i for i in tested if labels[i] in known]
        return Classification(
            name,
            [texts[i] for i in learn],
            [labels[i] for i in learn],
            [texts[i] for i in tested],
            [labels[i] for i in tested],
            split,
        )
    return Classification(
        name,
        train.texts("text"),
        train.texts("label"),
        test.texts("text"),
        test.texts("label"),
        split,
    )


def _make_clustering(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    return Clustering(name, test.texts("text"), test.texts("label"), split)


def _make_duplicates(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    return DuplicateMining(name, test.texts("text"), test.texts("group"), split)


def _make_bitext(name: str, split: str, test: Columns, train: Columns | None) -> Task:  # noqa: ARG001
    return BitextMining(name, test.texts("first"), test.texts("second"), split)


@dataclass(frozen=True)
class TaskSchema:
    """A kind of task.

    Attributes:
        type: its name, MTEB's where MTEB has it.
        fits: whether a table's columns make this task.
        make: the task from its name, its split, the test table and, where there is one, the
            training table.
        found: whether it is taken for it without being named.
    """

    type: str
    fits: Callable[[Columns], Any]
    make: Callable[[str, str, Columns, Columns | None], Task]
    found: Callable[[Columns, Columns | None], bool] = lambda _test, _train: True


KINDS: tuple[TaskSchema, ...] = (
    TaskSchema("Reranking", lambda c: c.has("query", "positive", "negative"), _make_reranking),
    TaskSchema("PairClassification", lambda c: _pairs(c) and _is_binary(c), _make_pairs),
    TaskSchema("STS", _pairs, _make_sts),
    TaskSchema("BitextMining", lambda c: c.has("first", "second"), _make_bitext),
    TaskSchema("Retrieval", lambda c: c.has("query", "positive"), _make_retrieval),
    TaskSchema("DuplicateMining", lambda c: c.has("text", "group"), _make_duplicates),
    TaskSchema(
        "Classification",
        lambda c: c.has("text", "label"),
        _make_classification,
        found=lambda _test, train: train is not None,
    ),
    TaskSchema("Clustering", lambda c: c.has("text", "label"), _make_clustering),
)
"""Tried in this order: the first that fits is taken."""


def schema_of(
    test: Columns, train: Columns | None = None, type_: str | None = None
) -> TaskSchema | None:
    """The kind of task a table makes; None where it makes none.

    Args:
        test: the table.
        train: the table to learn from, where there is one.
        type_: the kind, where the caller names it.

    Raises:
        RecordError: an unknown kind is named, or the table lacks the columns for it.
    """
    if type_ is None:
        return next((k for k in KINDS if k.fits(test) and k.found(test, train)), None)
    kind = next((k for k in KINDS if k.type.lower() == type_.lower()), None)
    if kind is None:
        raise RecordError(
            f"unknown kind of task {type_!r}", hint="one of " + ", ".join(k.type for k in KINDS)
        )
    if not kind.fits(test):
        raise RecordError(
            f"{test.table.path} lacks the columns for {kind.type}",
            hint="name them with --columns role=column; roles: " + ", ".join(ROLES),
        )
    return kind
