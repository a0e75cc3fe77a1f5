"""The texts of tasks: a corpus, and labelled pairs where there are some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.tasks import PairClassification


@dataclass(frozen=True)
class Corpus:
    """Texts to calibrate on.

    Attributes:
        texts: different texts, in an order drawn once.
        pairs: labelled pairs, where the texts came as such.
    """

    texts: list[str]
    pairs: PairClassification | None = None


def corpus_at(path: Path, reading: Reading | None = None) -> Corpus | None:
    """The texts of the tasks at a path; None where a file makes no task.

    Raises:
        RecordError: there is nothing, or a folder makes no task.
    """
    try:
        tasks = find_tasks(path, reading)
    except RecordError:
        if not path.is_file() or (reading and reading.columns):
            raise
        return None
    pairs = tasks[0] if len(tasks) == 1 and isinstance(tasks[0], PairClassification) else None
    return Corpus([text for task in tasks for text in texts_of(task)], pairs)


def sampled(corpus: Corpus, most: int, seed: int = 42) -> Corpus:
    """At most so many texts, and at most so many pairs, drawn."""
    texts, pairs = corpus.texts, corpus.pairs
    rng = np.random.default_rng(seed)
    if pairs is not None and len(pairs.labels) > most:
        places = rng.choice(len(pairs.labels), most, replace=False).tolist()
        first, second = ([side[i] for i in places] for side in (pairs.first, pairs.second))
        pairs = PairClassification(pairs.name, first, second, [pairs.labels[i] for i in places])
    if len(texts) > most:
        texts = [texts[i] for i in rng.choice(len(texts), most, replace=False).tolist()]
    return Corpus(texts, pairs)


def texts_of(task: Task) -> list[str]:
    """Texts of a task, each once, in an order drawn once."""

    class Listening:
        def __init__(self) -> None:
            self.heard: dict[str, None] = {}

        def encode(self, sentences: Iterable[str]) -> Any:
            listed = list(sentences)
            self.heard.update(dict.fromkeys(listed))
            return np.random.default_rng(0).normal(size=(len(listed), 8)).astype(np.float32)

    ears = Listening()
    task.run(ears)
    heard = [t for t in ears.heard if t.strip()]
    return [heard[i] for i in np.random.default_rng(42).permutation(len(heard)).tolist()]
