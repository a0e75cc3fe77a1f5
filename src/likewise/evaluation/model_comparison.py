"""Models on your own data: quality, cost, and which one to take."""

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
from likewise.errors import MissingExtraError, RecordError, UnsupportedModelError
from likewise.evaluation.calibration import Calibration, calibrate
from likewise.evaluation.candidates import Candidate, Cost, Shaped, forms, measure, ranges_of
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
from likewise.progress import ProgressFactory, no_progress
from likewise.wording import counted

COMPUTES = ("float32", "bfloat16", "int8")
SPEED_TEXTS = 512
SAME = 0.01
"""Items that went so little better or worse went the same."""
WORTH = 0.005
"""A loss of quality below half a point is taken for more speed or smaller vectors."""


@dataclass(frozen=True)
class ModelStanding:
    """How one contestant did.

    Attributes:
        contestant: who.
        quality: its main score with its interval, 0 to 1.
        against_best: its score minus the best one's, on the same items.
        cost: of its model and number format.
        wins: items it did better on than the best one.
        losses: items it did worse on.
    """

    contestant: Candidate
    quality: Interval
    against_best: Difference
    cost: Cost
    wins: int
    losses: int


@dataclass(frozen=True)
class ModelComparison:
    """A bake-off with its recommendation.

    Attributes:
        task: name of the task.
        kind: its kind.
        metric: the metric it is judged by.
        items: how many items it has.
        standings: best quality first.
        choice: the one to take.
        reason: why, in a sentence.
        failures: what the chosen one did worst on.
        goodness: how well each item went with the chosen one and with the best other model's.
        rival: label of that other.
        calibration: what the chosen one's scores mean.
        weak: where labels had to be made, how weak they are; else empty.
        manifest: versions, machine, time and seed.
    """

    task: str
    kind: str
    metric: str
    items: int
    standings: tuple[ModelStanding, ...]
    choice: Candidate
    reason: str
    failures: tuple[Case, ...]
    goodness: tuple[tuple[float, float], ...]
    rival: str
    calibration: Calibration
    weak: str
    manifest: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain dictionaries, for JSON."""
        record = dataclasses.asdict(self) | {"calibration": self.calibration.to_dict()}
        for standing in record["standings"]:
            gap = standing["against_best"]["interval"]
            standing["significant"] = gap["high"] < 0 or gap["low"] > 0
        return record


@dataclass(frozen=True)
class _Run:
    contestant: Candidate
    outcome: TaskOutcome
    cost: Cost


def compare_models(
    models: Sequence[str],
    on: Path,
    *,
    computes: Sequence[str] = COMPUTES,
    reading: Reading | None = None,
    cache: Path | None = None,
    on_message: Callable[[str], None] = lambda _: None,
    progress: ProgressFactory = no_progress,
) -> ModelComparison:
    """Score every model, at every number format and vector form, on a file of your own.

    Args:
        models: catalogue names, hub ids or folders.
        on: a file or folder that makes one task; without labels, weak ones are made.
        computes: number formats of the network; those a model cannot have are left out.
        reading: how tables are to be read.
        cache: folder of cached vectors.
        on_message: called with a line for each number format that is left out.
        progress: shows every step.

    Raises:
        RecordError: the data cannot be read, or give no labels, not even weak ones.
    """
    reading = reading or Reading({})
    record = manifest()
    task, weak = _task(on, reading)
    texts = texts_of(task)
    runs: list[_Run] = []
    for name in models:
        for encoder in _loaded(name, computes, on_message):
            cached = CachedEncoder(encoder, cache, progress=progress)
            candidates = forms(name, encoder.compute, encoder.dimension)
            runs += _runs(cached, candidates, task, texts, progress)
            cached.close()
    if not runs:
        raise RecordError("no model could be run", hint="choose another --computes")
    return _compared(runs, task, weak, record, texts, progress=progress)


def _task(on: Path, reading: Reading) -> tuple[Task, WeakLabels | None]:
    try:
        tasks = find_tasks(on, reading)
    except RecordError:
        if not on.is_file():
            raise
        weak = mine_labels(on.stem, Columns(read_table(on), reading.columns))
        return weak.task, weak
    if len(tasks) != 1:
        raise RecordError(
            f"{on} makes {counted(len(tasks), 'task')}, a comparison takes one",
            hint="name one of " + ", ".join(t.name for t in tasks),
        )
    return tasks[0], None


def _loaded(
    name: str, computes: Sequence[str], on_message: Callable[[str], None]
) -> Iterable[Encoder]:
    had: set[str] = set()
    for compute in computes:
        try:
            encoder = load(name, compute=compute)
            if encoder.compute in had:  # such as a table of vectors, which knows float32 alone
                on_message(f"{name} has {encoder.compute} alone, so {compute} is left out")
                continue
            had.add(encoder.compute)
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
        cost = measure(name, compute, texts[:SPEED_TEXTS])
        advance(1)
    sample = model.encode(texts[:2048])
    forms_ = [Shaped(model, c, ranges_of(sample, c.dimension)) for c in candidates]
    runs = [_Run(candidates[0], task.run(forms_[0]), cost)]  # encodes the rest of the texts
    rest = list(zip(candidates[1:], forms_[1:], strict=True))
    with progress(len(rest), title=f"scoring {name} in {compute}", unit="forms") as advance:
        for candidate, shaped in rest:
            runs.append(_Run(candidate, task.run(shaped), cost))
            advance(1)
    return runs


def _compared(
    runs: Sequence[_Run],
    task: Task,
    weak: WeakLabels | None,
    record: dict[str, Any],
    texts: list[str],
    *,
    progress: ProgressFactory,
) -> ModelComparison:
    best = max(runs, key=lambda r: r.outcome.score)
    items = len(best.outcome.goodness)
    draws = resamples(items)
    standings: list[ModelStanding] = []
    with progress(len(runs), title="comparing", unit="forms") as advance:
        for run in sorted(runs, key=lambda r: -r.outcome.score):
            standings.append(_standing(run, best, draws))
            advance(1)
    choice = recommend(standings)
    chosen = next(r for r in runs if r.contestant == choice.contestant)
    rival = next((r for r in (best, *runs) if r.contestant.model != choice.contestant.model), best)
    goodness = chosen.outcome.goodness
    worst = [i for i in np.argsort(goodness, kind="stable")[:10].tolist() if goodness[i] < 1 - SAME]
    both = zip(goodness.tolist(), rival.outcome.goodness.tolist(), strict=True)
    return ModelComparison(
        task.name,
        task.type,
        best.outcome.main_score,
        items,
        tuple(standings),
        choice.contestant,
        _reason(choice, standings),
        tuple(chosen.outcome.case(i) for i in worst),
        tuple(both),
        rival.contestant.label,
        _calibrated(chosen.contestant, task, texts, progress),
        weak.warning if weak else "",
        record,
    )


def _standing(run: _Run, best: _Run, draws: list[NDArray[np.int64]]) -> ModelStanding:
    own, other = run.outcome.goodness, best.outcome.goodness
    return ModelStanding(
        run.contestant,
        bootstrap(run.outcome.resample, len(other), draws),
        paired(run.outcome.resample, best.outcome.resample, draws),
        run.cost,
        int(np.sum(own > other + SAME)),
        int(np.sum(own < other - SAME)),
    )


def recommend(standings: Sequence[ModelStanding]) -> ModelStanding:
    """The fastest, then the smallest, of those that lose nothing that matters to the best.

    A loss matters where more than half a point of it, or all of it, is beyond chance.
    """
    able = [s for s in standings if not _loses(s)]
    fastest = max(s.cost.texts_per_second for s in able)
    # within a tenth, speeds are the same, and the smaller vectors decide
    quick = [s for s in able if s.cost.texts_per_second >= 0.9 * fastest]
    return min(quick, key=lambda s: (s.contestant.vector_bytes, -s.quality.value))


def _loses(standing: ModelStanding) -> bool:
    loss = standing.against_best
    return loss.interval.value < -WORTH or (loss.significant and loss.interval.low < -2 * WORTH)


def _reason(choice: ModelStanding, standings: Sequence[ModelStanding]) -> str:
    best = standings[0]
    speed = (
        f"{choice.cost.texts_per_second:,.0f} texts/s and {choice.contestant.vector_bytes} bytes"
    )
    if choice is best:
        return f"it has the best score, and nothing as good is faster or smaller: {speed} a vector."
    gap = 100 * choice.against_best.interval.value
    return (
        f"it is {-gap:.2f} points below the best ({best.contestant.label}), "
        f"{'beyond' if choice.against_best.significant else 'within'} chance, and takes {speed} a "
        f"vector against {best.cost.texts_per_second:,.0f} texts/s and "
        f"{best.contestant.vector_bytes} bytes."
    )


def _calibrated(
    chosen: Candidate, task: Task, texts: list[str], progress: ProgressFactory
) -> Calibration:
    encoder = load(chosen.model, compute=chosen.compute)
    sample = texts[:2000]
    pairs = task if isinstance(task, PairClassification) else None
    return calibrate(encoder, sample, pairs, progress=progress)
