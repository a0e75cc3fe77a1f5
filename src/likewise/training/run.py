"""A whole training: data, checks, plan, steps, proof, gate, and the written model."""

from __future__ import annotations

import gc
import os
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from likewise.encoder import Encoder
from likewise.errors import (
    EngineError,
    InputError,
    MissingExtraError,
    OutputError,
    TruncationWarning,
    UnsupportedModelError,
)
from likewise.evaluation.contract import Task
from likewise.evaluation.run import load_tasks
from likewise.evaluation.verify import verify
from likewise.hub.catalog import find
from likewise.loading import load
from likewise.progress import ProgressFactory, no_progress
from likewise.training.checks import Finding, check
from likewise.training.data_check import data_files
from likewise.training.examples import Prompts
from likewise.training.gate import Purpose, Verdict
from likewise.training.general import general_tasks
from likewise.training.general_texts import GeneralTexts
from likewise.training.held_out import HeldOut, hold_out
from likewise.training.known_vectors import KnownVectors
from likewise.training.making_losses import keep_general, make_loss
from likewise.training.mixing import Mixer
from likewise.training.network import TrainingNetwork, load_network
from likewise.training.plan import Plan, make_plan
from likewise.training.progress_log import ProgressLog
from likewise.training.proof import Proof, dev_texts
from likewise.training.query_examples import NearText, QuerySearch
from likewise.training.recipe import Recipe
from likewise.training.report import TrainingReport
from likewise.training.run_folder import RunFolder, file_identity
from likewise.training.save import save_network, write_card
from likewise.training.similar_batches import neighbors_by
from likewise.training.sources import DataFile, Similar
from likewise.training.trainer import Trainer, TrainerSettings

FINISHING = 1.3
"""Time to measure the trained model, relative to that of the original one."""
WRITING = 8.0
"""Seconds to verify int8 and to write the model."""
OnNote = Callable[[str, str], None]
"""Called with the stable name of a note, and the note."""


def _silent(_: str, __: str) -> None:
    """Discard a note."""


@dataclass
class TrainingRun:
    """One training, step by step.

    Attributes:
        recipe: what is done.
        output: the new folder.
        device: `cpu`, or with torch `cuda` or `mps`.
        restart: begin again, where an earlier run could be continued.
        force: write the model although it does not pass the gate.
        progress: opens a bar for each stage.
        on_note: called with notes.
        queries: whose nearest texts are shown before and after.
        started: when the time of `max_minutes` began, by `time.monotonic`.
    """

    recipe: Recipe
    output: Path
    device: str = "cpu"
    restart: bool = False
    force: bool = False
    progress: ProgressFactory = no_progress
    on_note: OnNote = _silent
    queries: tuple[str, ...] = ()
    started: float = field(default_factory=time.monotonic)

    def run(self) -> TrainingReport:
        """Train, prove and write; continues an interrupted run with the same settings.

        Raises:
            InputError: unusable settings or data, or the training diverged.
            RecordError: a file cannot be read.
            CheckpointError: the model cannot be used.
            OutputError: the folder cannot be written.
            MissingExtraError: the extra `train` is not installed.
        """
        if self.output.exists() and (not self.output.is_dir() or any(self.output.iterdir())):
            raise InputError(f"{self.output} already exists", hint="choose a new folder")
        data = [file_identity(file.path) for file in self.files]
        settings = {"recipe": self.recipe.to_dict(), "data": data}
        lock = self.folder.open(settings, restart=self.restart)
        try:
            return self._run()
        finally:
            lock.release()

    @cached_property
    def folder(self) -> RunFolder:
        """Files of the run."""
        return RunFolder(self.output.with_name(self.output.name + ".training"))

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The files of the recipe, with those of weight lists."""
        return data_files(self.recipe)

    @cached_property
    def parent(self) -> Encoder:
        """The original model on the engine."""
        return load(self.recipe.model, compute="float32")

    @cached_property
    def known(self) -> KnownVectors:
        """Vectors of the data by the original model."""
        return KnownVectors(self.parent, self.progress)

    def _run(self) -> TrainingReport:
        network = self._network()
        held = self._held_out()
        tasks = self._tasks(held)
        left_out = held.texts if held else frozenset()
        mixer = self._mixer(left_out, similar=1)
        lines = self._describe(mixer, held)
        checked = check(
            mixer.sources, self.known, dev_texts(tasks), left_out, max_tokens=network.max_tokens
        )
        for finding in checked.findings:
            self.on_note(finding.code, finding.text)
        mixer = self._mixer(left_out | checked.leaked, similar=self.recipe.similar)
        began = time.monotonic()
        proof = Proof(
            tasks, self.parent, self.folder.candidate, self.recipe.gate, self.progress, self.on_note
        )
        before = proof.measure(self.parent, "measuring the original model")
        search = QuerySearch.of(self.queries, tasks[0][0], mixer.sources)
        near = search.nearest(self.parent)
        measuring = time.monotonic() - began
        loss = make_loss(self.recipe, mixer, network, self.parent)
        plan = self._plan(network, mixer, loss, measuring)
        trainer = self._trainer(network, mixer, loss, plan, tasks[0][0])
        resumed = self.folder.checkpoints.step()
        self._train(trainer, plan, measuring)
        verdict, share = proof.verdict(network, before)
        facts = _Facts(
            lines, held.rows if held else 0, checked.findings, plan, share, resumed, search, near
        )
        return self._finish(trainer, verdict, facts)

    # data

    def _network(self) -> TrainingNetwork:
        return load_network(
            self.parent.location.folder, device=self.device, dropout=self.recipe.dropout,
            max_tokens=self.recipe.max_tokens,
        )  # fmt: skip

    def _held_out(self) -> HeldOut | None:
        evaluation = self.recipe.evaluation
        if evaluation.dev:
            return None
        return hold_out(self.files, evaluation.held_out, evaluation.most_held_out, self.recipe.seed)

    def _tasks(self, held: HeldOut | None) -> list[tuple[Task, Purpose]]:
        """The user's own task first, then those of general ability."""
        evaluation = self.recipe.evaluation
        dev = [held.task] if held else load_tasks([evaluation.dev or ""])
        general = load_tasks(evaluation.general) if evaluation.general else general_tasks()
        return [(task, "dev") for task in dev] + [(task, "general") for task in general]

    def _mixer(self, left_out: frozenset[str], *, similar: int) -> Mixer:
        encoder = self.parent
        prompts = Prompts(
            encoder.prompt_text(encoder.role_prompt("query")),
            encoder.prompt_text(encoder.role_prompt("document")),
        )
        groups = Similar(neighbors_by(self.known), similar) if similar > 1 else None
        return Mixer(
            self.files, self.recipe.batch, files_per_batch=self.recipe.files_per_batch,
            seed=self.recipe.seed, prompts=prompts, leave_out=left_out,
            single_texts=self.recipe.loss.name == "softmax", similar=groups,
            general=GeneralTexts(prompts, self.recipe.seed) if self._keeps_general else None,
        )  # fmt: skip

    @property
    def _keeps_general(self) -> bool:
        return keep_general(self.recipe.loss, self.parent) > 0

    def _describe(self, mixer: Mixer, held: HeldOut | None) -> tuple[str, ...]:
        lines = tuple(
            f"{source.name}: {source.layout}, {source.rows:,} rows to train on"
            + (f", {share:.1%} of the examples" if len(mixer.sources) > 1 else "")
            for source, share in zip(mixer.sources, mixer.shares, strict=True)
        )
        for line in lines:
            self.on_note("columns", line)
        if held:
            self.on_note("held_out", f"{held.rows:,} of {held.of:,} rows are held out to measure")
        return lines

    # steps

    def _seconds_left(self, minutes: float, measuring: float) -> float:
        """For steps: the rest is needed to measure and write the trained model."""
        return 60 * minutes - (time.monotonic() - self.started) - FINISHING * measuring - WRITING

    def _plan(self, network: TrainingNetwork, mixer: Mixer, loss: Any, measuring: float) -> Plan:
        saved = self.folder.read_json("plan.json")
        if saved:
            network.autocast = saved["compute"] == "bfloat16"
            network.max_tokens = saved["max_tokens"]
            return Plan(**saved)
        left, longest = None, network.max_tokens
        if self.recipe.max_minutes:
            left = self._seconds_left(self.recipe.max_minutes, measuring)
        plan = make_plan(self.recipe, network, mixer, loss, seconds_left=left)
        self.folder.write_json("plan.json", plan.to_dict())
        if plan.max_tokens < longest:
            self.on_note(
                "cut_texts",
                f"texts are cut to {plan.max_tokens} tokens in training, so that enough steps fit "
                f"in the time; --max-tokens {longest} reads whole texts",
            )
        rate = f", {plan.seconds_per_step:.2f} s each" if plan.seconds_per_step else ""
        self.on_note(
            "plan",
            f"{plan.steps:,} steps of {self.recipe.batch} examples ({plan.epochs:g} times all "
            f"{plan.examples:,}{rate}), learning rate {plan.learning_rate:g}",
        )
        return plan

    def _trainer(
        self, network: TrainingNetwork, mixer: Mixer, loss: Any, plan: Plan, dev: Task
    ) -> Trainer:
        recipe = self.recipe
        settings = TrainerSettings(
            plan.steps, plan.learning_rate, plan.warmup_steps, recipe.schedule,
            recipe.weight_decay, recipe.max_gradient_norm, recipe.evaluation.every,
            seed=recipe.seed,
        )  # fmt: skip

        def dev_score() -> float:
            folder = self.folder.folder / "snapshot"
            save_network(network, folder)
            return 100 * dev.run(load(folder, compute="float32")).score

        return Trainer(
            network, mixer, loss, settings, checkpoints=self.folder.checkpoints,
            dev_score=dev_score,
        )  # fmt: skip

    def _train(self, trainer: Trainer, plan: Plan, measuring: float) -> None:
        reports = self.folder.reports(self.folder.checkpoints.step())
        if reports:
            self.on_note("resumed", f"continuing after step {reports[-1].step:,}")
        limit = self.recipe.max_minutes
        stop = self._seconds_left(limit, measuring) if limit else None
        title = f"training {self.parent.name}"
        shown = ProgressLog(self.folder, reports, plan.steps, title)
        self.on_note("progress_page", f"live progress: {self.folder.page}")
        try:
            with self.progress(plan.steps, title="training", unit="steps") as advance:
                advance(len(reports))
                trainer.run(lambda report: shown.add(report, advance), stop_after=stop)
        finally:
            ended = trainer.step >= plan.steps
            shown.close("measuring" if ended else f"stopped after step {trainer.step}")
        if trainer.step < plan.steps:
            self.on_note("time", f"the time is up after {trainer.step} of {plan.steps} steps")

    # output

    def _finish(self, trainer: Trainer, verdict: Verdict, facts: _Facts) -> TrainingReport:
        written = verdict.promoted or self.force
        candidate = self.folder.candidate
        saved = load(candidate, compute="float32")
        fingerprint = saved.fingerprint
        int8 = self._int8(candidate, saved)
        examples = facts.search.compare(facts.near, saved)
        del saved
        gc.collect()  # memory maps of the files that are moved
        drawn = tuple(source.drawn for source in trainer.batches.sources)  # type: ignore[attr-defined]
        entry = find(self.parent.name)
        lines = [
            f"{trainer.step:,} steps of {self.recipe.batch} examples in {trainer.seconds:.0f} s",
            f"share of the trained weights: {facts.share:g}",
            *([f"int8: mean cosine {int8:.4f} with float32"] if int8 is not None else []),
            *(f"check: {finding.text}" for finding in facts.findings),
        ]
        write_card(
            candidate, name=self.output.name, parent=self.parent.name,
            licence=entry.licence if entry else "", data=facts.files,
            recipe=self.recipe.to_dict(), verdict=verdict, facts=lines,
        )  # fmt: skip
        shutil.rmtree(self.folder.folder / "snapshot", ignore_errors=True)
        report = TrainingReport(
            self.parent.name, self.output if written else None, None if written else candidate,
            facts.files, facts.held_out, facts.findings, facts.plan, verdict, facts.share,
            round(time.monotonic() - self.started, 2), round(trainer.seconds, 2), facts.resumed,
            drawn, int8, fingerprint,
            self.output / "training" if written else self.folder.logs, examples,
        )  # fmt: skip
        if written:
            self._move(candidate, report)
        else:
            self.folder.write_json("report.json", report.to_dict())
        return report

    def _move(self, candidate: Path, report: TrainingReport) -> None:
        self.folder.write_json("logs/report.json", report.to_dict())
        try:
            shutil.copytree(self.folder.logs, candidate / "training", dirs_exist_ok=True)
            if self.output.exists():
                self.output.rmdir()
            os.replace(candidate, self.output)
        except OSError as error:
            raise OutputError(
                f"cannot write {self.output}: {error.strerror or error}",
                hint=f"the trained model is in {candidate}",
            ) from error
        shutil.rmtree(self.folder.folder, ignore_errors=True)

    def _int8(self, candidate: Path, saved: Encoder) -> float | None:
        try:
            smaller = load(candidate, compute="int8")
        except MissingExtraError:
            self.on_note("int8", 'int8 is not verified; pip install "likewise[int8]" to do so')
            return None
        except (EngineError, UnsupportedModelError) as error:  # the model itself is fine
            self.on_note("int8", f"int8 cannot be used: {error.message}")
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncationWarning)
            found = verify(saved, smaller, "int8", progress=self.progress)
        for shortfall in found.shortfalls:
            self.on_note("int8", f"in int8, {shortfall}")
        return round(found.cosine_mean, 5)


@dataclass(frozen=True)
class _Facts:
    files: tuple[str, ...]
    held_out: int
    findings: tuple[Finding, ...]
    plan: Plan
    share: float
    resumed: int
    search: QuerySearch
    near: Sequence[tuple[NearText, ...]]
