"""Compares models on a data set: quality, cost, and a recommendation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.data.table import read_table
from likewise.encoder import Encoder
from likewise.errors import InputError, MissingExtraError, RecordError, UnsupportedModelError
from likewise.evaluation.calibration import Calibration, calibrate
from likewise.evaluation.candidates import (
    Candidate,
    CandidateResult,
    LeftOut,
    ReducedEncoder,
    ScoredCandidate,
    VectorForms,
    measure_cost,
    value_ranges,
)
from likewise.evaluation.contract import Case, Task, TaskOutcome
from likewise.evaluation.corpora import texts_of
from likewise.evaluation.disagreements import EQUAL, Disagreements
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.recommendation import TOLERANCE, explain, recommend
from likewise.evaluation.results import data_hash, manifest
from likewise.evaluation.significance import bootstrap, paired, resamples
from likewise.evaluation.task_schemas import Columns
from likewise.evaluation.tasks import PairClassification
from likewise.evaluation.vector_cache import CachedEncoder
from likewise.evaluation.weak_labels import GeneratedLabels, WeakLabels, mine_labels
from likewise.loading import load
from likewise.progress import ProgressFactory, no_progress
from likewise.wording import counted

COMPUTES = ("float32", "bfloat16", "int8")
SPEED_TEXTS = 512

Loader = Callable[..., Encoder]
"""Loads a model: `loader(name, compute=compute)`."""


@dataclass(frozen=True)
class ComparedTask:
    """What candidates are compared on.

    Attributes:
        name: of the task.
        type: of the task.
        data: hash of the data, 32 hex digits: results with the same hash can be compared.
    """

    name: str
    type: str
    data: str


@dataclass(frozen=True)
class ModelComparison:
    """Candidates compared on a task, with a recommendation.

    Attributes:
        task: name of the task.
        type: type of the task.
        data: hash of its data, 32 hex digits.
        metric: name of its main metric.
        items: number of its items.
        results: all candidates, best quality first.
        choice: the recommended candidate.
        reason: why it is recommended, in a sentence.
        tolerance: loss of quality, 0 to 1, that was accepted for speed or smaller vectors.
        failures: the items with the lowest scores of the recommended candidate.
        per_item_scores: for each item, the score of the recommended candidate and the score of
            the reference.
        reference: label of the best candidate of another model.
        disagreements: the items on which candidates differ, in the order of `results`.
        calibration: what scores of the recommended candidate mean.
        label_warning: how reliable the labels are, if they were generated; else empty.
        generated_labels: what is known of labels that were generated; else None.
        manifest: versions, machine, time and seed.
    """

    task: str
    type: str
    data: str
    metric: str
    items: int
    results: tuple[CandidateResult, ...]
    choice: Candidate
    reason: str
    tolerance: float
    failures: tuple[Case, ...]
    per_item_scores: tuple[tuple[float, float], ...]
    reference: str
    disagreements: Disagreements
    calibration: Calibration
    label_warning: str
    generated_labels: GeneratedLabels | None
    manifest: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain dictionaries, for JSON."""
        record = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        labels = self.generated_labels
        return record | {
            "generated_labels": dataclasses.asdict(labels) if labels else None,
            "results": [result.to_dict() for result in self.results],
            "choice": dataclasses.asdict(self.choice),
            "failures": [case.to_dict() for case in self.failures],
            "disagreements": self.disagreements.to_dict(),
            "calibration": self.calibration.to_dict(),
        }


@dataclass(frozen=True)
class _Run:
    scored: ScoredCandidate
    outcome: TaskOutcome

    @property
    def candidate(self) -> Candidate:
        return self.scored.candidate


def compare_models(
    models: Sequence[str],
    on: Path,
    *,
    computes: Sequence[str] = COMPUTES,
    forms: VectorForms | None = None,
    tolerance: float = TOLERANCE,
    reading: Reading | None = None,
    cache: Path | None = None,
    loader: Loader = load,
    on_left_out: Callable[[LeftOut], None] = lambda _: None,
    on_task: Callable[[ComparedTask], None] = lambda _: None,
    on_scored: Callable[[ScoredCandidate], None] = lambda _: None,
    progress: ProgressFactory = no_progress,
) -> ModelComparison:
    """Score every model, in every number format and vector form, on a data set.

    Args:
        models: catalogue names, hub ids or folders.
        on: a file or folder with one task; if it has no labels, weak labels are generated.
        computes: number formats of the network; those that a model does not have are left out.
        forms: dimensions and precisions of the vectors; all by default.
        tolerance: loss of quality, 0 to 1, that higher speed or smaller vectors make up for.
        reading: how to read tables.
        cache: folder of cached vectors.
        loader: loads the models.
        on_left_out: called with each model or number format that is not compared.
        on_task: called when the data was read.
        on_scored: called with each candidate when it is scored.
        progress: shows every step.

    Raises:
        RecordError: the data cannot be read, no labels can be generated, or no model can be run.
        InputError: the tolerance is not between 0 and 1.
    """
    if not 0 <= tolerance < 1:
        raise InputError(
            f"the tolerance is {100 * tolerance:g} points",
            hint="give a loss of quality from 0 to less than 100 points, such as 0.5",
        )
    reading = reading or Reading({})
    record = manifest()
    task, weak_labels = _task(on, reading)
    facts = ComparedTask(task.name, task.type, data_hash(task))
    on_task(facts)
    scoring = _Scoring(task, texts_of(task), on_scored, progress)
    runs: list[_Run] = []
    for name in models:
        for encoder in _encoders(name, computes, loader, on_left_out):
            candidates = (forms or VectorForms()).of(name, encoder.compute, encoder.dimension)
            if not candidates:
                on_left_out(LeftOut(name, encoder.compute, "dimensions", str(encoder.dimension)))
                break
            cached = CachedEncoder(encoder, cache, progress=progress)
            runs += scoring.runs(cached, candidates)
            cached.close()
    if not runs:
        raise RecordError("no model could be run", hint="choose other --computes or --dimensions")
    comparison = _Comparison(runs, task, facts, scoring.texts, loader, tolerance, progress)
    return comparison.result(weak_labels, record)


def _task(on: Path, reading: Reading) -> tuple[Task, WeakLabels | None]:
    try:
        tasks = find_tasks(on, reading)
    except RecordError:
        if not on.is_file():
            raise
        weak = mine_labels(on.stem, Columns(read_table(on, reading.encoding), reading.columns))
        return weak.task, weak
    if len(tasks) != 1:
        raise RecordError(
            f"{on} has {counted(len(tasks), 'task')}, a comparison takes one",
            hint="give the file of one of " + ", ".join(t.name for t in tasks),
        )
    return tasks[0], None


def _encoders(
    name: str,
    computes: Sequence[str],
    loader: Loader,
    on_left_out: Callable[[LeftOut], None],
) -> Iterable[Encoder]:
    """The model in each number format; formats that it does not have are reported."""
    loaded: set[str] = set()
    for compute in computes:
        try:
            encoder = loader(name, compute=compute)
            if encoder.compute in loaded:  # a static model has only float32
                on_left_out(LeftOut(name, compute, "same", encoder.compute))
                continue
            loaded.add(encoder.compute)
            yield encoder
        except (UnsupportedModelError, MissingExtraError) as error:
            on_left_out(LeftOut(name, compute, "error", error.message))


@dataclass(frozen=True)
class _Scoring:
    """Scores candidates on a task."""

    task: Task
    texts: list[str]
    on_scored: Callable[[ScoredCandidate], None]
    progress: ProgressFactory

    def runs(self, model: CachedEncoder, candidates: Sequence[Candidate]) -> list[_Run]:
        """Score the forms of the vectors of one model in one number format."""
        name, compute = candidates[0].model, candidates[0].compute
        with self.progress(1, title=f"measuring {name} in {compute}", unit="models") as advance:
            cost = measure_cost(name, compute, self.texts[:SPEED_TEXTS])
            advance(1)
        sample = model.encode(self.texts[:2048])

        def run(candidate: Candidate) -> _Run:
            ranges = value_ranges(sample, candidate.dimension)
            outcome = self.task.run(ReducedEncoder(model, candidate, ranges))
            items = len(outcome.per_item_scores)
            quality = bootstrap(outcome.resample, items, resamples(items))
            scored = ScoredCandidate(candidate, outcome.main_score, quality, cost)
            self.on_scored(scored)
            return _Run(scored, outcome)

        runs = [run(candidates[0])]  # encodes the remaining texts, with a progress of its own
        title = f"scoring {name} in {compute}"
        with self.progress(len(candidates) - 1, title=title, unit="forms") as advance:
            for candidate in candidates[1:]:
                runs.append(run(candidate))
                advance(1)
        return runs


@dataclass(frozen=True)
class _Comparison:
    """The runs of all candidates on a task."""

    runs: Sequence[_Run]
    task: Task
    facts: ComparedTask
    texts: list[str]
    loader: Loader
    tolerance: float
    progress: ProgressFactory

    def result(self, weak_labels: WeakLabels | None, record: dict[str, Any]) -> ModelComparison:
        ordered = sorted(self.runs, key=lambda run: -run.scored.quality.value)
        best = ordered[0]
        results = self._results(ordered)
        choice = recommend(results, self.tolerance)
        chosen = next(run for run in ordered if run.candidate == choice.candidate)
        others = (run for run in ordered if run.candidate.model != choice.candidate.model)
        reference = next(others, best)
        scores = chosen.outcome.per_item_scores
        worst = np.argsort(scores, kind="stable")[:10].tolist()
        both = zip(scores.tolist(), reference.outcome.per_item_scores.tolist(), strict=True)
        return ModelComparison(
            self.facts.name,
            self.facts.type,
            self.facts.data,
            best.outcome.main_score,
            len(scores),
            results,
            choice.candidate,
            explain(choice, results, self.tolerance),
            self.tolerance,
            tuple(chosen.outcome.case(item) for item in worst if scores[item] < 1 - EQUAL),
            tuple(both),
            reference.candidate.label,
            Disagreements.of([run.outcome for run in ordered]),
            self._calibration(choice.candidate),
            weak_labels.warning if weak_labels else "",
            weak_labels.facts if weak_labels else None,
            record,
        )

    def _results(self, ordered: Sequence[_Run]) -> tuple[CandidateResult, ...]:
        best = ordered[0]
        draws = resamples(len(best.outcome.per_item_scores))
        results: list[CandidateResult] = []
        with self.progress(len(ordered), title="comparing", unit="forms") as advance:
            for run in ordered:
                results.append(_result(run, best, draws))
                advance(1)
        return tuple(results)

    def _calibration(self, chosen: Candidate) -> Calibration:
        encoder = self.loader(chosen.model, compute=chosen.compute)
        pairs = self.task if isinstance(self.task, PairClassification) else None
        return calibrate(encoder, self.texts[:2000], pairs, progress=self.progress)


def _result(run: _Run, best: _Run, draws: list[NDArray[np.int64]]) -> CandidateResult:
    scores, best_scores = run.outcome.per_item_scores, best.outcome.per_item_scores
    return CandidateResult(
        run.candidate,
        run.scored.quality,
        paired(run.outcome.resample, best.outcome.resample, draws),
        run.scored.cost,
        int(np.sum(scores > best_scores + EQUAL)),
        int(np.sum(scores < best_scores - EQUAL)),
        run.outcome.pairs,
    )
