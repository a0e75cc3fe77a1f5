"""Scores models on tasks; vectors are cached, and an interrupted run can be resumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from likewise.errors import InputError, RecordError
from likewise.evaluation.contract import Task, TextEncoder
from likewise.evaluation.discover import Reading, find_tasks
from likewise.evaluation.mteb_tasks import mteb_task
from likewise.evaluation.results import (
    Evaluation,
    ModelScores,
    TaskScores,
    data_hash,
    load_evaluation,
    manifest,
    task_scores,
)
from likewise.evaluation.vector_cache import CachedEncoder
from likewise.executor import Executor
from likewise.progress import ProgressFactory, no_progress

ScoreCallback = Callable[[ModelScores, TaskScores], None]


def load_tasks(names: Iterable[str], reading: Reading | None = None) -> list[Task]:
    """Load tasks from paths and by their names in mteb.

    Args:
        names: files and folders; any other name without a suffix is the name of a task of mteb.
        reading: how to read tables, and settings that replace those of the tasks.

    Raises:
        RecordError: a path does not exist, or has no task.
        InputError: mteb has no task with this name.
    """
    tasks: list[Task] = []
    settings = reading.settings if reading else None
    for name in names:
        is_path = Path(name).expanduser().exists() or Path(name).suffix or len(Path(name).parts) > 1
        tasks += find_tasks(name, reading) if is_path else [mteb_task(name, settings)]
    return tasks


def evaluate(
    models: Iterable[TextEncoder],
    tasks: Sequence[Task],
    *,
    output: Path | None = None,
    cache: Path | None = None,
    use_cache: bool = True,
    on_result: ScoreCallback | None = None,
    executor: Executor | None = None,
    progress: ProgressFactory = no_progress,
) -> Evaluation:
    """Score every model on every task.

    Args:
        models: objects with `encode`; a generator can load one model at a time.
        tasks: the tasks, as from `find_tasks`.
        output: JSON file of the results, written after every task; results that it already has
            for the same data and fingerprint are not computed again.
        cache: folder of cached vectors.
        use_cache: cache vectors on disk.
        on_result: called with each result.
        executor: encodes the texts, with a copy of the model for each worker; None does it in this
            process. The scores are the same if the models are batch-invariant.
        progress: shows the texts that are encoded.

    Raises:
        RecordError: `output` exists and is not a file of results.
        OutputError: `output` cannot be written.
        InputError: a model cannot be sent to the workers of the executor.
    """
    earlier = load_evaluation(output) if output and output.exists() else None
    record = manifest()
    finished: list[ModelScores] = []
    for model in models:
        scores = describe(model)
        cached = CachedEncoder(
            model, cache, persist=use_cache, executor=executor, progress=progress
        )
        for task in tasks:
            result = _earlier_result(earlier, scores, task) or _run_task(cached, task)
            scores = replace(scores, tasks=(*scores.tasks, result))
            if output:
                Evaluation(
                    (*finished, scores, *_remaining(earlier, finished, scores)), record
                ).save(output)
            if on_result:
                on_result(scores, result)
        cached.close()
        finished.append(scores)
    return Evaluation(tuple(finished), record)


def describe(model: TextEncoder) -> ModelScores:
    """The attributes of a model, without scores."""
    return ModelScores(
        name=str(getattr(model, "name", type(model).__name__)),
        fingerprint=str(getattr(model, "fingerprint", "")),
        compute=str(getattr(model, "compute", "")),
        dimension=int(getattr(model, "dimension", 0)),
    )


def _run_task(model: TextEncoder, task: Task) -> TaskScores:
    started = time.perf_counter()
    outcome = task.run(model)
    return task_scores(task, outcome, time.perf_counter() - started)


def _earlier_result(
    earlier: Evaluation | None, scores: ModelScores, task: Task
) -> TaskScores | None:
    if earlier is None or not scores.fingerprint:
        return None
    data = data_hash(task)
    same = (m.of(task.name, data) for m in earlier.models if m.fingerprint == scores.fingerprint)
    return next((t for t in same if t), None)


def _remaining(
    earlier: Evaluation | None, finished: Sequence[ModelScores], scores: ModelScores
) -> list[ModelScores]:
    """Earlier results of models that this run has not reached; they are written back."""
    finished_or_running = {m.fingerprint for m in (*finished, scores)}
    return [
        m for m in (earlier.models if earlier else ()) if m.fingerprint not in finished_or_running
    ]


@dataclass(frozen=True)
class Drop:
    """A main score compared with its baseline.

    Attributes:
        model: name of the model.
        task: name of the task.
        before: the baseline's score, in points out of 100.
        now: the new score.
        too_much: whether it fell by more than is allowed.
    """

    model: str
    task: str
    before: float
    now: float
    too_much: bool


def compare_with_baseline(now: Evaluation, before: Evaluation, max_drop: float) -> list[Drop]:
    """Compare every score with its baseline.

    A model is compared with the model of the same name, or with the only model of the baseline.

    Args:
        now: the new results.
        before: the baseline.
        max_drop: points out of 100 that a score may fall.

    Raises:
        InputError: `max_drop` is negative.
        RecordError: the baseline lacks a model or a task, or has other data.
    """
    if max_drop < 0:
        raise InputError(
            f"max_drop is {max_drop}", hint="give the points that a score may fall, 0 or more"
        )
    drops = []
    for model in now.models:
        named = [m for m in before.models if m.name == model.name]
        if len(named) > 1:
            named = [m for m in named if m.compute == model.compute] or named
        known = named or (before.models if len(before.models) == 1 else ())
        if not known:
            raise RecordError(
                f"the baseline has no model {model.name!r}",
                hint="its models: " + ", ".join(m.name for m in before.models),
            )
        for task in model.tasks:
            old = known[0].of(task.task, task.data)
            if old is None:
                raise RecordError(
                    f"the baseline has no {task.task!r} on the same data",
                    hint="evaluate the baseline on the same files",
                )
            fell = old.score - task.score
            drops.append(Drop(model.name, task.task, old.score, task.score, not fell <= max_drop))
    return drops
