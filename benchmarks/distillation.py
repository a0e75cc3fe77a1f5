"""Students of all-MiniLM-L6-v2 beside it: scores, speed and size, measured in one run."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError, read
from benchmarks.tables import Table
from likewise.data.records import read_texts
from likewise.data.table import read_rows
from likewise.errors import MissingExtraError
from likewise.training.distillation.run import DistillationRun
from likewise.training.distillation.settings import DistillationSettings, kept

QUESTION = "How much of a model's scores do its students keep, and how much faster are they?"

MODEL = "all-MiniLM-L6-v2"

TASKS = ("stsbenchmark", "scifact")
"""Their test parts; no text of these is learned from."""

COUNTS = MappingProxyType(
    {"questions": 8000, "sentences": 30_000, "passages": 4000, "titles": 16_000, "bank": 10_000,
     "captions": 12_000}
)  # fmt: skip
"""Texts of each kind."""

PASSAGE_WORDS = 150

MINUTES = 5.0
"""Of training."""

STUDENTS: Mapping[str, DistillationSettings] = MappingProxyType(
    {
        "static": DistillationSettings(MODEL, static=True),
        "static, 256 dimensions": DistillationSettings(MODEL, static=True, dimension=256),
        "3 layers": DistillationSettings(MODEL, layers=3, max_minutes=MINUTES),
    }
)

SECTIONS = tuple(STUDENTS)


def run(options: Options) -> Result:
    """Make each student, or those of `--only`, and measure it beside its teacher.

    Rows of other students are preserved.
    """
    try:
        texts = sorted(_texts(options.data))
    except OSError as error:
        raise UnavailableError(f"{error.filename} is missing") from error
    test = _test_texts(options.data)
    texts = [text for text in texts if text not in test]
    before = read("distillation")
    rows: dict[str, Any] = dict(before.rows) if before else {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.jsonl"
        file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
        tasks = tuple(str(options.data / name) for name in TASKS)
        for name in options.only or SECTIONS:
            settings = replace(STUDENTS[name], texts=(str(file),), on=tasks)
            output = Path(folder) / name.replace(" ", "-")
            try:
                report = DistillationRun(settings, output).run()
            except MissingExtraError as error:
                raise UnavailableError(f"distillation: {error.message}") from error
            rows[name] = {
                "scores": {c.task: {"before": c.before, "after": c.after, "kept": kept(c)}
                           for c in report.changes},
                "speed": report.speed_after / report.speed_before,
                "megabytes": [report.megabytes_before, report.megabytes_after],
                "steps": report.steps,
                "seconds": report.seconds,
                "layers": list(report.layers),
                "texts": report.texts,
            }  # fmt: skip
            print(name, json.dumps(rows[name]), flush=True)
    return Result("distillation", options.command("distillation"), rows)


def _texts(data: Path) -> set[str]:
    """Texts to learn from: none of a test part, and none of `speed`, which repeats those."""
    pairs = list(read_rows(data / "medquad" / "pairs.jsonl"))
    answers = [str(row["answer"]) for row in pairs]
    kinds: Mapping[str, Callable[[], Iterator[str]]] = {
        "questions": lambda: (str(row["question"]) for row in pairs),
        "sentences": lambda: (s for a in answers for s in re.split(r"(?<=[.!?])\s+", a)),
        "passages": lambda: (p for answer in answers for p in _passages(answer)),
        "titles": lambda: iter(read_texts(data / "stackoverflow_titles" / "all.tsv")),
        "bank": lambda: iter(read_texts(data / "banking77" / "train.tsv", column="text")),
        "captions": lambda: (
            str(row[column])
            for row in read_rows(data / "stsbenchmark" / "train.tsv")
            for column in ("sentence1", "sentence2")
        ),
    }
    found: set[str] = set()
    for name, texts_of in kinds.items():
        distinct = sorted({text.strip() for text in texts_of() if len(text.strip()) > 10})
        order = np.random.default_rng(0).permutation(len(distinct))[: COUNTS[name]]
        found.update(distinct[n] for n in order.tolist())
    return found


def _passages(text: str) -> Iterator[str]:
    words = iter(text.split())
    while part := list(islice(words, PASSAGE_WORDS)):
        yield " ".join(part)


def _test_texts(data: Path) -> set[str]:
    rows = read_rows(data / "stsbenchmark" / "test.tsv")
    return {str(row[column]).strip() for row in rows for column in ("sentence1", "sentence2")}


def tables(result: Result) -> list[Table]:
    """One table of all students."""
    tasks = list(next(iter(result.rows.values()))["scores"]) if result.rows else []
    return [
        Table(
            title=f"Students of {MODEL}: share of its scores, speed",
            head=("student", "texts", *tasks, "times as fast", "MB", "minutes in all"),
            rows=tuple(
                (
                    name,
                    f"{row['texts']:,}",
                    *(
                        f"{row['scores'][task]['after']:.1f} ({row['scores'][task]['kept']:.1%})"
                        for task in tasks
                    ),
                    f"{row['speed']:.1f}",
                    f"{row['megabytes'][1]:.0f}",
                    f"{row['seconds'] / 60:.1f}",
                )
                for name, row in result.rows.items()
            ),
        )
    ]
