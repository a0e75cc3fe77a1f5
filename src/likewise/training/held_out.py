"""The held-out part of the data: a task that the trained model has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.errors import InputError
from likewise.evaluation.contract import Case, Task, TaskOutcome, TextEncoder, embed
from likewise.evaluation.task_schemas import retrieval_from_pairs
from likewise.evaluation.tasks import Sts
from likewise.training.examples import Kind
from likewise.training.sources import DataFile, RowTexts, Source
from likewise.vectors import normalize
from likewise.wording import counted

LEAST = 20
"""Rows that a held-out part needs: with fewer, no improvement is beyond chance."""
NEAREST = 10
"""Neighbours that are looked at for labeled texts."""
REFERENCES = 2000
"""Texts of the training part among which neighbours of labeled texts are searched."""


@dataclass(frozen=True)
class HeldOut:
    """A part of the data that is not trained on.

    Attributes:
        task: measures a model on it.
        texts: its texts, which may not be drawn.
        rows: number of its rows.
        of: number of all rows.
    """

    task: Task
    texts: frozenset[str]
    rows: int
    of: int


@dataclass(frozen=True)
class SameLabel:
    """Labeled texts: the share of the nearest texts that have the same label.

    Attributes:
        name: of the task, in results.
        queries: the texts, which are also searched.
        query_labels: their labels.
        others: more texts that are searched.
        other_labels: their labels.
        split: of the data.
    """

    name: str
    queries: Sequence[str]
    query_labels: Sequence[float]
    others: Sequence[str] = ()
    other_labels: Sequence[float] = ()
    split: str = "held out"
    type = "SameLabel"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Mean share of the 10 nearest texts with the label of the query."""
        vectors = normalize(embed(model, [*self.queries, *self.others]))
        labels = np.array([*self.query_labels, *self.other_labels])
        count = len(self.queries)
        scores = vectors[:count] @ vectors.T
        scores[np.arange(count), np.arange(count)] = -np.inf
        depth = min(NEAREST, len(labels) - 1)
        nearest = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        each = (labels[nearest] == labels[:count, None]).mean(axis=1)

        def case(i: int) -> Case:
            share = f"{each[i]:.0%} of the nearest texts have it"
            return Case(self.queries[i], f"label {labels[i]:g}", share)

        def resample(items: NDArray[np.int64]) -> float:
            return float(each[items].mean())

        return TaskOutcome(
            {"precision_at_10": float(each.mean())}, "precision_at_10", each, resample, case
        )


def hold_out(files: Sequence[DataFile], share: float, most: int, seed: int) -> HeldOut:
    """Choose rows that are not trained on; rows with a text in common stay together.

    Args:
        files: of training data; the part is taken from those of the kind with the most rows.
        share: of the rows.
        most: highest number of rows.
        seed: of the choice.

    Raises:
        InputError: there are too few rows.
        RecordError: a file cannot be read.
    """
    sources = [Source(file, seed) for file in files]
    counts: dict[Kind, int] = {}
    for source in sources:
        counts[source.layout.kind] = counts.get(source.layout.kind, 0) + source.rows
    kind = max(counts, key=lambda k: counts[k])
    rows = [row for source in sources if source.layout.kind == kind for row in source.groups()]
    wanted = min(most, round(share * len(rows)))
    if wanted < LEAST:
        raise InputError(
            f"{counted(len(rows), 'row')}: too few to hold out {LEAST}, so nothing could be proven",
            hint="give more rows, or your own task with --dev",
        )
    chosen = set(_choose(rows, wanted, seed))
    held = [row for number, row in enumerate(rows) if number in chosen]
    rest = [row for number, row in enumerate(rows) if number not in chosen]
    texts = frozenset(text for row in held for text in row.texts)
    return HeldOut(_task(kind, held, rest, seed), texts, len(held), len(rows))


def _choose(rows: Sequence[RowTexts], wanted: int, seed: int) -> Iterable[int]:
    """Rows in groups that share no text with other rows; groups over a tenth are left in."""
    groups = _connected(rows)
    order = np.random.default_rng((seed, 1)).permutation(len(groups)).tolist()
    chosen: list[int] = []
    for number in order:
        group = groups[number]
        if len(chosen) + len(group) <= wanted or (not chosen and len(group) <= 2 * wanted):
            chosen += group
        if len(chosen) >= wanted:
            break
    if not chosen:
        raise InputError(
            "the rows share their texts so that no part can be held out",
            hint="give your own task with --dev",
        )
    return chosen


def _connected(rows: Sequence[RowTexts]) -> list[list[int]]:
    """Positions of rows, in groups of rows that are connected by equal texts."""
    parents = list(range(len(rows)))

    def root(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return row

    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        for text in row.texts:
            parents[root(number)] = root(first.setdefault(text, number))
    groups: dict[int, list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def _task(kind: Kind, held: Sequence[RowTexts], rest: Sequence[RowTexts], seed: int) -> Task:
    name = "held-out part"
    if kind == "scored":
        firsts, seconds = [r.anchors[0] for r in held], [r.positives[0] for r in held]
        return Sts(name, firsts, seconds, [row.label or 0.0 for row in held], "held out")
    if kind == "labeled":
        order = np.random.default_rng((seed, 2)).permutation(len(rest))[:REFERENCES].tolist()
        others = [rest[number] for number in order]
        return SameLabel(
            name,
            [row.anchors[0] for row in held],
            [row.label or 0.0 for row in held],
            [row.anchors[0] for row in others],
            [row.label or 0.0 for row in others],
        )
    queries = [row.anchors[0] for row in held]
    answers = [list(row.positives or row.anchors[1:2]) for row in held]
    return retrieval_from_pairs(name, "held out", queries, answers)
