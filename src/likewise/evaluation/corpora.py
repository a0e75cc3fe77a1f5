"""The texts of tasks: a corpus, and its labelled pairs if there are any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from likewise.data.readers import object_address
from likewise.errors import RecordError
from likewise.evaluation.contract import Task
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.tasks import PairClassification


@dataclass(frozen=True)
class Corpus:
    """Texts to calibrate on.

    Attributes:
        texts: distinct texts, in a random but fixed order.
        pairs: the labelled pairs, if the texts come from a table of pairs.
    """

    texts: list[str]
    pairs: PairClassification | None = None


def corpus_at(path: Path, reading: Reading | None = None) -> Corpus | None:
    """The texts of the tasks at a path; None if a file has no columns of a task.

    Raises:
        RecordError: there is nothing at the path, or no task in the folder.
    """
    try:
        tasks = find_tasks(path, reading)
    except RecordError:
        if not (object_address(path) or path.is_file()) or (reading and reading.columns):
            raise
        return None
    pairs = tasks[0] if len(tasks) == 1 and isinstance(tasks[0], PairClassification) else None
    return Corpus([text for task in tasks for text in texts_of(task)], pairs)


def sampled(corpus: Corpus, limit: int, seed: int = 42) -> Corpus:
    """A random sample of at most `limit` texts and at most `limit` pairs."""
    texts, pairs = corpus.texts, corpus.pairs
    rng = np.random.default_rng(seed)
    if pairs is not None and len(pairs.labels) > limit:
        rows = rng.choice(len(pairs.labels), limit, replace=False).tolist()
        first, second = ([side[i] for i in rows] for side in (pairs.first, pairs.second))
        pairs = PairClassification(pairs.name, first, second, [pairs.labels[i] for i in rows])
    if len(texts) > limit:
        texts = [texts[i] for i in rng.choice(len(texts), limit, replace=False).tolist()]
    return Corpus(texts, pairs)


@dataclass
class _RecordingEncoder:
    """Records the texts that a task encodes; its vectors are random."""

    texts: dict[str, None] = field(default_factory=dict)

    def encode(self, sentences: Iterable[str]) -> Any:
        texts = list(sentences)
        self.texts.update(dict.fromkeys(texts))
        return np.random.default_rng(0).normal(size=(len(texts), 8)).astype(np.float32)


def texts_of(task: Task) -> list[str]:
    """The distinct texts that a task encodes, in a random but fixed order."""
    recorder = _RecordingEncoder()
    task.run(recorder)
    texts = [text for text in recorder.texts if text.strip()]
    return [texts[i] for i in np.random.default_rng(42).permutation(len(texts)).tolist()]
