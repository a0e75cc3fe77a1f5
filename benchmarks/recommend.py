"""Recommending from labeled texts: more of the liked label, less of a disliked one."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import likewise
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table
from likewise.collections.collection import Collection
from likewise.collections.contract import Hit
from likewise.collections.open_collection import open_collection
from likewise.data import Record, read_records
from likewise.errors import MissingExtraError
from likewise.vectors import cosine

QUESTION = "Does a recommendation have the liked label, and seldom a disliked one?"

TEXTS = 4000
"""Of each set, drawn once."""

TRIALS = 100
"""Of each setting."""

LEAST = 20
"""Texts that a label has at least."""

NEAREST = 3
"""A disliked label is one of so many whose mean vectors are nearest to the liked one's."""


@dataclass(frozen=True)
class Labeled:
    """Texts and their labels."""

    texts: Sequence[str]
    labels: NDArray[np.str_]


@dataclass(frozen=True)
class Setting:
    """How many examples there are: texts of one label that are liked, and of another, disliked."""

    likes: int
    dislikes: int

    def __str__(self) -> str:
        return f"{self.likes} liked, {self.dislikes} disliked"


SETTINGS = (Setting(1, 1), Setting(3, 1), Setting(3, 3), Setting(5, 5))


@dataclass(frozen=True)
class Trial:
    """Positions of liked and disliked texts."""

    liked: Sequence[int]
    disliked: Sequence[int]


def banking77(data: Path) -> Labeled:
    """Questions to a bank, 77 intents; the test part and the training part."""
    files = [data / "banking77" / f"{part}.tsv" for part in ("train", "test")]
    return _drawn([(r.text, str(r.fields["label"])) for f in files for r in read_records(f)])


def stackoverflow(data: Path) -> Labeled:
    """Titles of questions on programming, 20 topics."""
    file = data / "stackoverflow_titles" / "all.tsv"
    return _drawn([(r.text, str(r.fields["label"])) for r in read_records(file)])


TASKS: Mapping[str, Callable[[Path], Labeled]] = MappingProxyType(
    {"Banking77": banking77, "StackOverflow": stackoverflow}
)


def _drawn(rows: Sequence[tuple[str, str]]) -> Labeled:
    """Some of the texts, and only labels that have enough of them."""
    chosen = [rows[n] for n in np.random.default_rng(0).permutation(len(rows))[:TEXTS].tolist()]
    counts = Counter(label for _, label in chosen)
    chosen = [(text, label) for text, label in chosen if counts[label] >= LEAST]
    return Labeled([text for text, _ in chosen], np.array([label for _, label in chosen]))


MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "precision": "precision@10",
        "disliked": "disliked label",
        "precision_without": "precision@10 without dislikes",
        "disliked_without": "disliked label without dislikes",
    }
)
"""Headings by the names in the results."""


def run(options: Options) -> Result:
    """Recommendations from examples of a label, with and without those of a similar label."""
    model = likewise.load()
    rows: dict[str, dict[str, Any]] = {str(setting): {} for setting in SETTINGS}
    for name, read in TASKS.items():
        labeled = read(options.data)
        with tempfile.TemporaryDirectory() as folder:
            try:
                collection = open_collection("texts", store=folder, model=model, create=True)
            except MissingExtraError as error:
                raise UnavailableError(f"recommend: {error}") from error
            collection.add(
                Record(text, MappingProxyType({"label": label, "number": str(n)}))
                for n, (text, label) in enumerate(zip(labeled.texts, labeled.labels, strict=True))
            )
            vectors = model.encode(labeled.texts)
            for setting in SETTINGS:
                trials = _trials(labeled.labels, vectors, setting)
                rows[str(setting)][name] = scored(collection, labeled.labels, trials)
                print(name, setting, rows[str(setting)][name], file=sys.stderr)
    versions = {"likewise": likewise.__version__}
    return Result("recommend", options.command("recommend"), rows, versions)


def _trials(
    labels: NDArray[np.str_], vectors: NDArray[np.float32], setting: Setting
) -> list[Trial]:
    names = np.unique(labels)
    means = np.stack([vectors[labels == name].mean(axis=0) for name in names])
    similar = cosine(means, means)
    np.fill_diagonal(similar, -1)
    chance = np.random.default_rng(0)
    trials = []
    for _ in range(TRIALS):
        liked = chance.integers(len(names))
        disliked = chance.choice(np.argsort(-similar[liked])[:NEAREST])
        groups = [np.flatnonzero(labels == names[n]) for n in (liked, disliked)]
        drawn = (
            chance.choice(group, count, replace=False).tolist()
            for group, count in zip(groups, (setting.likes, setting.dislikes), strict=True)
        )
        trials.append(Trial(*drawn))
    return trials


def scored(
    collection: Collection, labels: NDArray[np.str_], trials: Sequence[Trial]
) -> dict[str, float]:
    """Means over the trials, in percent."""
    rows = {int(hit.fields["number"]): hit.id for hit in _all_hits(collection)}
    found: dict[str, list[float]] = {name: [] for name in MEASURES}
    for trial in trials:
        liked, disliked = labels[trial.liked[0]], labels[trial.disliked[0]]
        ids = [[rows[n] for n in side] for side in (trial.liked, trial.disliked)]
        for suffix, dislikes in (("", ids[1]), ("_without", [])):
            items = collection.recommend(ids[0], dislikes, 10)
            given = [str(item.hit.fields["label"]) for item in items]
            found[f"precision{suffix}"].append(given.count(liked) / 10)
            found[f"disliked{suffix}"].append(given.count(disliked) / 10)
    return {name: round(100 * float(np.mean(values)), 2) for name, values in found.items()}


def _all_hits(collection: Collection) -> list[Hit]:
    return collection.search("text", len(collection), mode="semantic")


def tables(result: Result) -> list[Table]:
    """A table for each task."""
    return [
        Table(
            title=f"{task}, in percent",
            head=("examples", *MEASURES.values()),
            rows=tuple(
                (name, *(f"{row[task][measure]:.1f}" for measure in MEASURES))
                for name, row in result.rows.items()
                if task in row
            ),
        )
        for task in TASKS
    ]
