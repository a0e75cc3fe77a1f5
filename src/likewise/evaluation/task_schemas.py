"""Which task a table is: the columns that each task needs, and their common names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from likewise.data.table import Table
from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.task_settings import TaskSettings
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
"""The roles of columns, and the names that each is detected by, in order."""


@dataclass(frozen=True)
class Columns:
    """The columns of a table, by role.

    Attributes:
        table: the table.
        named: column by role, as given by the caller.
    """

    table: Table
    named: Mapping[str, str]

    def name(self, role: str) -> str | None:
        """The column of a role; None if there is none."""
        if role in self.named:
            if self.named[role] not in self.table.columns:
                raise RecordError(
                    f"{self.table.path} has no column {self.named[role]!r}",
                    hint="its columns: " + ", ".join(self.table.columns),
                )
            return self.named[role]
        names = self.table.columns
        nested = {name.rpartition(".")[2].strip().lower(): name for name in names}
        lower = nested | {name.strip().lower(): name for name in names}
        return next((lower[n] for n in ROLES[role] if n in lower), None)

    def has(self, *roles: str) -> bool:
        """Whether each role has a column, different from the others."""
        names = [self.name(role) for role in roles]
        return None not in names and len(set(names)) == len(names)

    def texts(self, role: str) -> list[str]:
        """The values of a role as texts; a missing value is empty."""
        return ["" if v is None else str(v) for v in self.table.columns[self.name(role) or ""]]

    def lists(self, role: str) -> list[list[str]]:
        """The values of a role as lists of texts; a single text becomes a list."""
        values = self.table.columns[self.name(role) or ""]
        rows = [v if isinstance(v, list) else [v] for v in values]
        return [["" if text is None else str(text) for text in row] for row in rows]

    def numbers(self, role: str) -> list[float] | None:
        """The values of a role as numbers; None if one of them is not a number."""
        try:
            return [float(v) for v in self.table.columns[self.name(role) or ""]]
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True)
class TaskTables:
    """What a task is made from.

    Attributes:
        name: of the task, in results.
        split: of the test table.
        test: the texts that models are scored on.
        train: the texts that a classifier is trained on; None without any.
        settings: how the task is scored.
    """

    name: str
    split: str
    test: Columns
    train: Columns | None = None
    settings: TaskSettings = field(default_factory=TaskSettings)


def _is_binary(columns: Columns) -> bool:
    return set(columns.numbers("rating") or ()) <= {0.0, 1.0}


def _pairs(columns: Columns) -> bool:
    return columns.has("first", "second", "rating") and columns.numbers("rating") is not None


def _make_sts(given: TaskTables) -> Task:
    test, ratings = given.test, given.test.numbers("rating") or []
    return Sts(given.name, test.texts("first"), test.texts("second"), ratings, given.split)


def _make_pairs(given: TaskTables) -> Task:
    test, labels = given.test, [int(v) for v in given.test.numbers("rating") or []]
    return PairClassification(
        given.name, test.texts("first"), test.texts("second"), labels, given.split
    )


def _make_reranking(given: TaskTables) -> Task:
    test = given.test
    sides = zip(test.texts("query"), test.lists("positive"), test.lists("negative"), strict=True)
    return Reranking(given.name, [Candidates(*side) for side in sides], given.split)


def _make_retrieval(given: TaskTables) -> Task:
    queries, answers = given.test.texts("query"), given.test.lists("positive")
    return retrieval_from_pairs(given.name, given.split, queries, answers)


def retrieval_from_pairs(
    name: str, split: str, queries: Sequence[str], positives: Sequence[Sequence[str]]
) -> Retrieval:
    """A retrieval task whose corpus is all answers; the answers of equal queries are merged."""
    documents: dict[str, str] = {}
    query_ids: dict[str, str] = {}
    relevant: dict[str, dict[str, int]] = {}
    for query, answers in zip(queries, positives, strict=True):
        query_id = query_ids.setdefault(query, f"q{len(query_ids)}")
        for answer in answers:
            document_id = documents.setdefault(answer, f"d{len(documents)}")
            relevant.setdefault(query_id, {})[document_id] = 1
    texts = {document_id: text for text, document_id in documents.items()}
    by_id = {query_id: query for query, query_id in query_ids.items()}
    return Retrieval(name, by_id, texts, relevant, split)


def _make_classification(given: TaskTables) -> Task:
    texts, labels = given.test.texts("text"), given.test.texts("label")
    if given.train is not None:
        known, classes = given.train.texts("text"), given.train.texts("label")
    else:
        order = np.random.default_rng(42).permutation(len(texts)).tolist()
        train_rows, test_rows = order[: len(order) // 2], order[len(order) // 2 :]
        known, classes = [texts[i] for i in train_rows], [labels[i] for i in train_rows]
        test_rows = [i for i in test_rows if labels[i] in set(classes)]
        texts, labels = [texts[i] for i in test_rows], [labels[i] for i in test_rows]
    made = Classification(given.name, known, classes, texts, labels, given.split)
    settings = given.settings
    return replace(made, samples=settings.samples or 8, runs=settings.runs or 10)


def _make_clustering(given: TaskTables) -> Task:
    texts, labels = given.test.lists("text"), given.test.lists("label")
    settings = given.settings
    by_set = any(len(each) > 1 for each in texts)
    sets = [n for n, each in enumerate(texts) for _ in each] if by_set else None
    if [len(each) for each in texts] != [len(each) for each in labels]:
        raise RecordError(
            f"{given.test.table.path} has rows with more texts than labels, or fewer",
            hint="give each text a label",
        )
    return Clustering(
        given.name,
        [text for each in texts for text in each],
        [label for each in labels for label in each],
        given.split,
        runs=settings.runs or 10,
        sample=settings.sample or 16_384,
        fraction=settings.fraction,
        most=settings.most,
        by_set=by_set if settings.by_set is None else settings.by_set,
        sets=sets,
    )


def _make_duplicates(given: TaskTables) -> Task:
    test = given.test
    return DuplicateMining(given.name, test.texts("text"), test.texts("group"), given.split)


def _make_bitext(given: TaskTables) -> Task:
    test = given.test
    return BitextMining(given.name, test.texts("first"), test.texts("second"), given.split)


@dataclass(frozen=True)
class TaskSchema:
    """A type of task.

    Attributes:
        type: its name, as in MTEB if MTEB has the task.
        fits: whether a table has the columns of this task.
        make: makes the task.
        detected: whether a table that fits is taken for this task when no type is given.
    """

    type: str
    fits: Callable[[Columns], Any]
    make: Callable[[TaskTables], Task]
    detected: Callable[[Columns, Columns | None], bool] = lambda _test, _train: True


SCHEMAS: tuple[TaskSchema, ...] = (
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
        detected=lambda _test, train: train is not None,
    ),
    TaskSchema("Clustering", lambda c: c.has("text", "label"), _make_clustering),
)
"""In this order; the first that fits is used."""


def schema_of(
    test: Columns, train: Columns | None = None, type_: str | None = None
) -> TaskSchema | None:
    """The schema of the task in a table; None if no schema fits.

    Args:
        test: the table.
        train: the training table, if there is one.
        type_: type of the task, if the caller gives it.

    Raises:
        RecordError: an unknown type, or the table lacks the columns for it.
    """
    if type_ is None:
        return next((k for k in SCHEMAS if k.fits(test) and k.detected(test, train)), None)
    schema = next((k for k in SCHEMAS if k.type.lower() == type_.lower()), None)
    if schema is None:
        raise RecordError(
            f"unknown type of task {type_!r}", hint="one of " + ", ".join(k.type for k in SCHEMAS)
        )
    if not schema.fits(test):
        raise RecordError(
            f"{test.table.path} lacks the columns for {schema.type}",
            hint="name them with --columns role=column; roles: " + ", ".join(ROLES),
        )
    return schema
