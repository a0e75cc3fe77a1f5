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
    Cost,
    ReducedEncoder,
    measure_cost,
    value_ranges,
    vector_forms,
)
from likewise.evaluation.contract import Case, Task, TaskOutcome
from likewise.evaluation.corpora import texts_of
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.results import manifest
from likewise.evaluation.significance import Difference, Interval, bootstrap, paired, resamples
from likewise.evaluation.task_schemas import Columns
from likewise.evaluation.tasks import PairClassification
from likewise.evaluation.vector_cache import CachedEncoder
from likewise.evaluation.weak_labels import WeakLabels, mine_labels
from likewise.loading import load
from likewise.progress import MessageCallback, ProgressFactory, no_progress
from likewise.wording import counted

COMPUTES = ("float32", "bfloat16", "int8")
SPEED_TEXTS = 512
EQUAL = 0.01
"""Scores of an item that differ by less are counted as equal."""
TOLERANCE = 0.005
"""Loss of quality, 0 to 1, that higher speed or smaller vectors make up for, by default."""
EQUAL_SPEED = 0.9
"""Share of the highest speed from which candidates are compared by the size of their vectors."""

Loader = Callable[..., Encoder]
"""Loads a model: `loader(name, compute=compute)`."""


@dataclass(frozen=True)
class CandidateResult:
    """Quality and cost of one candidate.

    Attributes:
        candidate: the candidate.
        quality: its main score with a 95% interval, 0 to 1.
        against_best: its score minus the score of the best candidate, on the same items.
        cost: of its model in its number format.
        wins: items with a higher score than the best candidate has on them.
        losses: items with a lower score.
    """

    candidate: Candidate
    quality: Interval
    against_best: Difference
    cost: Cost
    wins: int
    losses: int


@dataclass(frozen=True)
class ModelComparison:
    """Candidates compared on a task, with a recommendation.

    Attributes:
        task: name of the task.
        type: type of the task.
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
        calibration: what scores of the recommended candidate mean.
        label_warning: how reliable the labels are, if they were generated; else empty.
        manifest: versions, machine, time and seed.
    """

    task: str
    type: str
    metric: str
    items: int
    results: tuple[CandidateResult, ...]
    choice: Candidate
    reason: str
    tolerance: float
    failures: tuple[Case, ...]
    per_item_scores: tuple[tuple[float, float], ...]
    reference: str
    calibration: Calibration
    label_warning: str
    manifest: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain dictionaries, for JSON; each result also has `significant`."""
        record = dataclasses.asdict(self) | {"calibration": self.calibration.to_dict()}
        for plain, result in zip(record["results"], self.results, strict=True):
            plain["significant"] = result.against_best.significant
        return record


@dataclass(frozen=True)
class _Run:
    candidate: Candidate
    outcome: TaskOutcome
    cost: Cost


def compare_models(
    models: Sequence[str],
    on: Path,
    *,
    computes: Sequence[str] = COMPUTES,
    tolerance: float = TOLERANCE,
    reading: Reading | None = None,
    cache: Path | None = None,
    loader: Loader = load,
    on_message: MessageCallback = lambda _: None,
    progress: ProgressFactory = no_progress,
) -> ModelComparison:
    """Score every model, in every number format and vector form, on a data set.

    Args:
        models: catalogue names, hub ids or folders.
        on: a file or folder with one task; if it has no labels, weak labels are generated.
        computes: number formats of the network; those that a model does not have are left out.
        tolerance: loss of quality, 0 to 1, that higher speed or smaller vectors make up for.
        reading: how to read tables.
        cache: folder of cached vectors.
        loader: loads the models.
        on_message: called with a line for each number format that is left out.
        progress: shows every step.

    Raises:
        RecordError: the data cannot be read, or no labels can be generated.
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
    texts = texts_of(task)
    runs: list[_Run] = []
    for name in models:
        for encoder in _encoders(name, computes, loader, on_message):
            cached = CachedEncoder(encoder, cache, progress=progress)
            candidates = vector_forms(name, encoder.compute, encoder.dimension)
            runs += _runs(cached, candidates, task, texts, progress)
            cached.close()
    if not runs:
        raise RecordError("no model could be run", hint="choose another --computes")
    return _Comparison(runs, task, texts, loader, tolerance, progress).result(weak_labels, record)


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
    name: str, computes: Sequence[str], loader: Loader, on_message: MessageCallback
) -> Iterable[Encoder]:
    """The model in each number format; formats that it does not have are reported."""
    loaded: set[str] = set()
    for compute in computes:
        try:
            encoder = loader(name, compute=compute)
            if encoder.compute in loaded:  # a static model has only float32
                on_message(f"{name} has only {encoder.compute}: {compute} is left out")
                continue
            loaded.add(encoder.compute)
            yield encoder
        except (UnsupportedModelError, MissingExtraError) as error:
            on_message(f"{name} in {compute} is left out: {error.message}")


def _runs(
    model: CachedEncoder,
    candidates: Sequence[Candidate],
    task: Task,
    texts: Sequence[str],
    progress: ProgressFactory,
) -> list[_Run]:
    name, compute = candidates[0].model, candidates[0].compute
    with progress(1, title=f"measuring {name} in {compute}", unit="models") as advance:
        cost = measure_cost(name, compute, texts[:SPEED_TEXTS])
        advance(1)
    sample = model.encode(texts[:2048])
    encoders = [ReducedEncoder(model, c, value_ranges(sample, c.dimension)) for c in candidates]
    runs = [_Run(candidates[0], task.run(encoders[0]), cost)]  # encodes the remaining texts
    rest = list(zip(candidates[1:], encoders[1:], strict=True))
    with progress(len(rest), title=f"scoring {name} in {compute}", unit="forms") as advance:
        for candidate, encoder in rest:
            runs.append(_Run(candidate, task.run(encoder), cost))
            advance(1)
    return runs


@dataclass(frozen=True)
class _Comparison:
    """The runs of all candidates on a task."""

    runs: Sequence[_Run]
    task: Task
    texts: list[str]
    loader: Loader
    tolerance: float
    progress: ProgressFactory

    def result(self, weak_labels: WeakLabels | None, record: dict[str, Any]) -> ModelComparison:
        ordered = sorted(self.runs, key=lambda run: -run.outcome.score)
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
            self.task.name,
            self.task.type,
            best.outcome.main_score,
            len(scores),
            results,
            choice.candidate,
            explain(choice, results, self.tolerance),
            self.tolerance,
            tuple(chosen.outcome.case(item) for item in worst if scores[item] < 1 - EQUAL),
            tuple(both),
            reference.candidate.label,
            self._calibration(choice.candidate),
            weak_labels.warning if weak_labels else "",
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
        bootstrap(run.outcome.resample, len(scores), draws),
        paired(run.outcome.resample, best.outcome.resample, draws),
        run.cost,
        int(np.sum(scores > best_scores + EQUAL)),
        int(np.sum(scores < best_scores - EQUAL)),
    )


def recommend(results: Sequence[CandidateResult], tolerance: float = TOLERANCE) -> CandidateResult:
    """The fastest, then the smallest, of the candidates that are about as good as the best.

    A candidate is worse if it scores more than the tolerance below the best, or if the difference
    is significant and its 95% interval reaches below twice the tolerance.
    """
    good = [result for result in results if not _is_worse(result, tolerance)]
    fastest = max(result.cost.texts_per_second for result in good)
    fast = [r for r in good if r.cost.texts_per_second >= EQUAL_SPEED * fastest]
    return min(fast, key=lambda r: (r.candidate.vector_bytes, -r.quality.value))


def _is_worse(result: CandidateResult, tolerance: float) -> bool:
    gap = result.against_best
    return gap.interval.value < -tolerance or (
        gap.significant and gap.interval.low < -2 * tolerance
    )


def explain(
    choice: CandidateResult, results: Sequence[CandidateResult], tolerance: float = TOLERANCE
) -> str:
    """Why a candidate is recommended, in a sentence that follows "use it:"."""
    best = results[0]
    cost = _cost(choice)
    if choice is best:
        return f"it has the best score, and none as good is faster or smaller: {cost}."
    points = -100 * choice.against_best.interval.value
    loss = f"{points:.2f} points below the best ({best.candidate.label})"
    allowed = f"within the tolerance of {100 * tolerance:g} points"
    costs = f"{cost} against {_cost(best)}"
    if not choice.against_best.significant or choice.against_best.interval.low >= -tolerance:
        return f"no difference that matters: it scores {loss}, {allowed}, with {costs}."
    return f"it scores {loss}, a significant difference but {allowed}, with {costs}."


def _cost(result: CandidateResult) -> str:
    speed, size = result.cost.texts_per_second, result.candidate.vector_bytes
    return f"{speed:,.0f} texts/s and {size} bytes per vector"
