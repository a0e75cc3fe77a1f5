"""A whole distillation: texts, the teacher's vectors, the student, scores and speed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from likewise.analysis.embedded_corpus import EmbeddedCorpus, embed_records
from likewise.data.records import Record, read_records
from likewise.encoder import Encoder
from likewise.errors import InputError, OutputError
from likewise.evaluation.contract import Task
from likewise.hub.catalog import find
from likewise.loading import load
from likewise.progress import ProgressFactory, no_progress
from likewise.training.distillation.card import write_distillation_card
from likewise.training.distillation.measuring import (
    compare_scores,
    compare_speed,
    megabytes,
    tasks_of,
)
from likewise.training.distillation.settings import DistillationReport, DistillationSettings, Kind
from likewise.training.distillation.static_model import distill_static, write_static
from likewise.wording import counted

OnNote = Callable[[str, str], None]
"""Called with the stable name of a note, and the note."""

LEAST_TEXTS = 100
"""Texts that a student network needs."""


def _silent(_: str, __: str) -> None:
    """Discard a note."""


@dataclass
class DistillationRun:
    """One distillation, step by step.

    Attributes:
        settings: what is done.
        output: the new folder.
        restart: begin again, where an earlier run could be continued.
        progress: opens a bar for each stage.
        on_note: called with notes.
    """

    settings: DistillationSettings
    output: Path
    restart: bool = False
    progress: ProgressFactory = no_progress
    on_note: OnNote = _silent
    _started: float = field(default_factory=time.monotonic, init=False)

    def run(self) -> DistillationReport:
        """Make the student, measure it and write it.

        The teacher's vectors are cached, and a training that was stopped is continued by the same
        call.

        Raises:
            InputError: unusable settings, or too few texts.
            RecordError: a file cannot be read.
            CheckpointError: the teacher cannot be used.
            OutputError: the folder cannot be written.
            MissingExtraError: the extra `train` is not installed.
        """
        kind = self.settings.kind
        if self.output.exists() and (not self.output.is_dir() or any(self.output.iterdir())):
            raise InputError(f"{self.output} already exists", hint="choose a new folder")
        tasks = tasks_of(self.settings.on)
        partial = self.output.with_name(self.output.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
        except OSError as error:
            raise OutputError(
                f"cannot make {partial}: {error.strerror}", hint="choose another output"
            ) from error
        try:
            return self._made(kind, partial, tasks)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _made(self, kind: Kind, partial: Path, tasks: Sequence[Task]) -> DistillationReport:
        """Make the student in a folder, measure it, and move it to the output."""
        made = self._static(partial) if kind == "static" else self._network(partial)
        student = load(partial, compute="float32")
        teacher = self.teacher if kind != "cross-encoder" else self._untrained()
        changes = compare_scores(teacher, student, tasks, self.progress)
        speeds = compare_speed(teacher, student, self._sentences())
        report = DistillationReport(
            self.settings.model if kind == "cross-encoder" else self.teacher.name,
            kind, self.output, made.texts, made.cut, made.layers, student.dimension, made.steps,
            changes, round(speeds.before, 1), round(speeds.after, 1),
            megabytes(teacher.location.folder), megabytes(partial), student.fingerprint,
            round(time.monotonic() - self._started, 2),
        )  # fmt: skip
        entry = find(teacher.name)
        write_distillation_card(
            partial, report, self.settings, entry.licence if entry else "",
            [Path(file).name for file in self.settings.texts],
        )  # fmt: skip
        self._move(partial)
        return report

    @cached_property
    def teacher(self) -> Encoder:
        """The teacher on the engine, in float32."""
        return load(self.settings.model, compute="float32")

    def _untrained(self) -> Encoder:
        return load(self.settings.student or "", compute="float32")

    # texts

    @cached_property
    def records(self) -> Sequence[Record]:
        """The different texts, as many as may be used."""
        found: dict[str, Record] = {}
        records = read_records(
            self.settings.texts, column=self.settings.column,
            on_message=lambda text: self.on_note("reading", text),
        )  # fmt: skip
        for record in records:
            if record.text.strip():
                found.setdefault(record.text, record)
        if len(found) <= self.settings.max_texts:
            return list(found.values())
        order = np.random.default_rng(self.settings.seed).permutation(len(found))
        chosen = set(order[: self.settings.max_texts].tolist())
        self.on_note("sampled", f"using {len(chosen):,} of {counted(len(found), 'text')}")
        return [record for n, record in enumerate(found.values()) if n in chosen]

    @cached_property
    def corpus(self) -> EmbeddedCorpus:
        """The texts with the teacher's vectors, which are cached."""
        return embed_records(
            self.teacher, self.records, prompt_name=self.teacher.role_prompt("document"),
            unit_length=self.teacher.is_normalized, progress=self.progress,
        )  # fmt: skip

    def _sentences(self) -> list[str]:
        """Texts whose encoding is timed."""
        if self.settings.texts and self.settings.kind != "cross-encoder":
            return [record.text for record in islice(self.records, 512)]
        from likewise.training.general import groups

        return [text for group in groups() for text in (group.sentence, group.paraphrase)]

    # students

    def _static(self, folder: Path) -> _Made:
        texts = [record.text for record in self.records] if self.settings.texts else []
        targets = np.asarray(self.corpus.vectors) if texts else None
        table = distill_static(
            self.teacher, texts, targets, dimension=self.settings.dimension,
            progress=self.progress,
        )  # fmt: skip
        if not texts:
            self.on_note(
                "not_fitted", "without texts the table is not fitted; --texts FILE improves it much"
            )
        write_static(table, folder, self.teacher)
        return _Made(table.fitted, self.corpus.cut if texts else 0, (), 0)

    def _network(self, folder: Path) -> _Made:
        from likewise.training.distillation.training import train_cross_encoder, train_layers

        if self.settings.kind == "cross-encoder":
            trained = train_cross_encoder(
                self.settings, self._work(), folder, restart=self.restart,
                progress=self.progress, on_note=self.on_note,
            )  # fmt: skip
            return _Made(trained.texts, 0, (), trained.steps)
        if len(self.records) < LEAST_TEXTS:
            raise InputError(
                f"{counted(len(self.records), 'text')}: too few to train a network",
                hint="give thousands of texts of the kind that it will read, with --texts",
            )
        texts = [record.text for record in self.records]
        trained = train_layers(
            self.settings, self.teacher, texts, np.asarray(self.corpus.vectors), work=self._work(),
            folder=folder, restart=self.restart, progress=self.progress, on_note=self.on_note,
        )  # fmt: skip
        return _Made(len(texts), self.corpus.cut, trained.layers, trained.steps)

    def _work(self) -> Path:
        return self.output.with_name(self.output.name + ".training")

    def _move(self, partial: Path) -> None:
        try:
            if self.output.exists():
                self.output.rmdir()
            os.replace(partial, self.output)
        except OSError as error:
            raise OutputError(
                f"cannot write {self.output}: {error.strerror or error}",
                hint=f"the student is in {partial}",
            ) from error
        shutil.rmtree(self._work(), ignore_errors=True)


@dataclass(frozen=True)
class _Made:
    """How a student was made."""

    texts: int
    cut: int
    layers: tuple[int, ...]
    steps: int
