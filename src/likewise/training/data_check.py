"""A look at training data before anything is trained: rows, lengths, what the checks find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from likewise.encoder import Encoder
from likewise.evaluation.contract import Task
from likewise.evaluation.run import load_tasks
from likewise.progress import ProgressFactory, no_progress
from likewise.training.checks import TOKENIZED, Finding, check
from likewise.training.columns import Form
from likewise.training.held_out import hold_out
from likewise.training.known_vectors import KnownVectors
from likewise.training.mixing import Mixer
from likewise.training.recipe import Recipe
from likewise.training.sources import WEIGHTS_FILE, DataFile, Source, read_weights_file


@dataclass(frozen=True)
class FileFacts:
    """What a file of training data is.

    Attributes:
        name: of the file.
        form: what its rows are.
        layout: the same in words, with the columns.
        rows: rows to train on; those held out are not among them.
        share: of the examples, from 0 to 1.
        median_tokens: half of its texts have at most so many tokens.
        long_tokens: 95% of its texts have at most so many.
        max_tokens: how many are read in training.
    """

    name: str
    form: Form
    layout: str
    rows: int
    share: float
    median_tokens: int
    long_tokens: int
    max_tokens: int


@dataclass(frozen=True)
class DataCheck:
    """Training data as it would be used.

    Attributes:
        files: each file.
        held_out: rows that are held out to measure; 0 where an own task is given.
        steps: of a training that uses every example once.
        findings: what the user should know before training.
    """

    files: tuple[FileFacts, ...]
    held_out: int
    steps: int
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values."""
        return asdict(self) | {
            "files": [asdict(file) for file in self.files],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def data_files(recipe: Recipe) -> tuple[DataFile, ...]:
    """The files of a recipe, with those of weight lists.

    Raises:
        RecordError: a list of files cannot be read.
    """
    found: list[DataFile] = []
    for item in recipe.data:
        path = Path(item.file).expanduser()
        if path.name == WEIGHTS_FILE:
            found += read_weights_file(path)
        else:
            found.append(DataFile(path, item.weight, dict(item.columns)))
    return tuple(found)


def check_data(
    files: Sequence[DataFile],
    recipe: Recipe,
    encoder: Encoder,
    *,
    progress: ProgressFactory = no_progress,
) -> DataCheck:
    """Read training data and check it, as a training does before its first step.

    Args:
        files: with weights.
        recipe: what would be done with them.
        encoder: the model that would be trained.
        progress: shows the texts that are encoded.

    Raises:
        InputError: there are too few rows, or no columns to train on.
        RecordError: a file cannot be read.
    """
    evaluation = recipe.evaluation
    if evaluation.dev:
        held, tasks = None, list(load_tasks([evaluation.dev]))
    else:
        held = hold_out(files, evaluation.held_out, evaluation.most_held_out, recipe.seed)
        tasks = [held.task]
    left_out = held.texts if held else frozenset()
    mixer = Mixer(files, recipe.batch, seed=recipe.seed, leave_out=left_out)
    max_tokens = recipe.max_tokens or encoder.max_seq_length
    texts = [text for task in tasks for text in texts_of(task)]
    checked = check(
        mixer.sources, KnownVectors(encoder, progress), texts, left_out, max_tokens=max_tokens
    )
    facts = tuple(
        _facts(source, share, encoder, max_tokens)
        for source, share in zip(mixer.sources, mixer.shares, strict=True)
    )
    rows = sum(source.rows for source in mixer.sources)
    steps = max(1, -(-rows // recipe.batch))
    return DataCheck(facts, held.rows if held else 0, steps, checked.findings)


def texts_of(task: Task) -> list[str]:
    """The texts of a task, for leaks."""
    found: list[str] = []
    for name in ("queries", "corpus", "texts", "first", "second"):
        value = getattr(task, name, ())
        found += value.values() if isinstance(value, dict) else value
    return [text for text in found if isinstance(text, str)]


def _facts(source: Source, share: float, encoder: Encoder, max_tokens: int) -> FileFacts:
    texts = list(islice((text for row in source.groups() for text in row.texts), TOKENIZED))
    counts = [count.seen for count in encoder.count_tokens(texts, exact=False)]
    median, long = np.percentile(counts, [50, 95]).round().astype(int).tolist()
    return FileFacts(
        source.name,
        source.layout.form,
        str(source.layout),
        source.rows,
        share,
        median,
        long,
        max_tokens,
    )
