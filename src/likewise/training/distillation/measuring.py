"""Scores and speed of a teacher and its student."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from likewise.encoder import Encoder
from likewise.evaluation.contract import Task
from likewise.evaluation.run import load_tasks
from likewise.progress import ProgressFactory
from likewise.training.gate import Change, changes, measure
from likewise.training.general import general_tasks

TIMED_TEXTS = 512
ROUNDS = 5
MOST_TIMES = 50
"""Times that a fast student encodes the same texts in one round."""


@dataclass(frozen=True)
class Speeds:
    """Sentences per second of two models, timed in turns.

    Attributes:
        before: of the teacher.
        after: of the student.
    """

    before: float
    after: float


def tasks_of(names: Sequence[str]) -> Sequence[Task]:
    """The tasks to measure on; those of the shipped general set if none is named."""
    return load_tasks(names) if names else general_tasks()


def compare_scores(
    teacher: Encoder, student: Encoder, tasks: Sequence[Task], progress: ProgressFactory
) -> tuple[Change, ...]:
    """Scores of both on the same items, with the interval of the difference."""
    found: list[Change] = []
    with progress(len(tasks), title="measuring", unit="tasks") as bar:
        for task in tasks:
            pair: list[tuple[Task, str]] = [(task, "general")]
            found += changes(measure(teacher, pair), measure(student, pair))  # type: ignore[arg-type]
            bar(1)
    return tuple(found)


def compare_speed(teacher: Encoder, student: Encoder, texts: Sequence[str]) -> Speeds:
    """The fastest of several rounds of each, in turns, on the same texts.

    A fast student is timed on several times as many texts, so that its round takes as long.
    """
    some = list(islice(cycle(texts), TIMED_TEXTS))
    seconds = {}
    for name, model in (("before", teacher), ("after", student)):
        model.encode(some)
        started = time.perf_counter()
        model.encode(some)
        seconds[name] = time.perf_counter() - started
    times = min(MOST_TIMES, max(1, round(seconds["before"] / seconds["after"])))
    best = {"before": 0.0, "after": 0.0}
    for _ in range(ROUNDS):
        for name, model, part in (("before", teacher, some), ("after", student, some * times)):
            started = time.perf_counter()
            model.encode(part)
            best[name] = max(best[name], len(part) / (time.perf_counter() - started))
    return Speeds(**best)


def megabytes(folder: Path) -> float:
    """Size of the weights in a folder."""
    suffixes = (".safetensors", ".bin")
    files = [file for file in folder.rglob("*") if file.suffix in suffixes]
    return round(sum(file.stat().st_size for file in files) / 1e6, 2)
