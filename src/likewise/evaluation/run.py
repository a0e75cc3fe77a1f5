"""Models on tasks: cached, resumable, every result saved as soon as it is there."""

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
    scored,
)
from likewise.evaluation.vector_cache import CachedEncoder
from likewise.progress import ProgressFactory, no_progress

ScoreCallback = Callable[[ModelScores, TaskScores], None]


def tasks_named(names: Iterable[str], reading: Reading | None = None) -> list[Task]:
    """Tasks from paths and from names of mteb's tasks.

    Args:
        names: what is there as a file or folder is read; any other plain word is a name in mteb.
        reading: how tables are to be read.

    Raises:
        RecordError: a path is not there, or makes no task.
        InputError: mteb has no task of that name.
    """
    tasks: list[Task] = []
    for name in names:
        is_path = Path(name).expanduser().exists() or Path(name).suffix or len(Path(name).parts) > 1
        tasks += find_tasks(name, reading) if is_path else [mteb_task(name)]
    return tasks


def evaluate(
    models: Iterable[TextEncoder],
    tasks: Sequence[Task],
    *,
    output: Path | None = None,
    cache: Path | None = None,
    use_cache: bool = True,
    on_result: ScoreCallback | None = None,
    progress: ProgressFactory = no_progress,
) -> Evaluation:
    """Score every model on every task.

    Args:
        models: anything with `encode`, one after the other (a generator loads each when its turn
            comes).
        tasks: the tasks, such as `find_tasks` gives.
        output: file of the results as JSON; what it already has on the same data by a model of
            the same fingerprint is taken from there.
        cache: folder of cached vectors.
        use_cache: cache vectors on disk.
        on_result: called with each result as soon as it is there.
        progress: shows the texts that are encoded.

    Raises:
        RecordError: `output` is there and holds something else.
        OutputError: it cannot be written.
    """
    earlier = load_evaluation(output) if output and output.exists() else None
    record = manifest()
    finished: list[ModelScores] = []
    for model in models:
        about = describe(model)
        cached = CachedEncoder(model, cache, persist=use_cache, progress=progress)
        for task in tasks:
            result = _known(earlier, about, task) or _scored(cached, task)
            about = replace(about, tasks=(*about.tasks, result))
            if output:
                Evaluation((*finished, about, *_others(earlier, finished, about)), record).save(
                    output
                )
            if on_result:
                on_result(about, result)
        cached.close()
        finished.append(about)
    return Evaluation(tuple(finished), record)


def describe(model: TextEncoder) -> ModelScores:
    """What is known of a model before it has run."""
    return ModelScores(
        name=str(getattr(model, "name", type(model).__name__)),
        fingerprint=str(getattr(model, "fingerprint", "")),
        compute=str(getattr(model, "compute", "")),
        dimension=int(getattr(model, "dimension", 0)),
    )


def _scored(model: TextEncoder, task: Task) -> TaskScores:
    started = time.perf_counter()
    outcome = task.run(model)
    return scored(task, outcome, time.perf_counter() - started)


def _known(earlier: Evaluation | None, about: ModelScores, task: Task) -> TaskScores | None:
    if earlier is None or not about.fingerprint:
        return None
    data = data_hash(task)
    same = (m.of(task.name, data) for m in earlier.models if m.fingerprint == about.fingerprint)
    return next((t for t in same if t), None)


def _others(
    earlier: Evaluation | None, finished: Sequence[ModelScores], about: ModelScores
) -> list[ModelScores]:
    """Earlier results of models that are not yet done again: an interrupted run loses none."""
    done = {m.fingerprint for m in (*finished, about)}
    return [m for m in (earlier.models if earlier else ()) if m.fingerprint not in done]


@dataclass(frozen=True)
class Drop:
    """A main score beside its baseline.

    Attributes:
        model: name of the model.
        task: name of the task.
        before: the baseline's score, in points out of 100.
        now: the score now.
        too_much: whether it fell by more than was allowed.
    """

    model: str
    task: str
    before: float
    now: float
    too_much: bool


def against_baseline(now: Evaluation, before: Evaluation, max_drop: float) -> list[Drop]:
    """Every score beside its baseline.

    A model is compared with the one of its name, or with the only one the baseline has.

    Args:
        now: the results to judge.
        before: the baseline.
        max_drop: points out of 100 a score may fall.

    Raises:
        InputError: `max_drop` is negative.
        RecordError: the baseline lacks a model or a task, or its data were others.
    """
    if max_drop < 0:
        raise InputError(f"max_drop is {max_drop}", hint="give the points a score may fall, from 0")
    drops = []
    for model in now.models:
        named = [m for m in before.models if m.name == model.name]
        if len(named) > 1:
            named = [m for m in named if m.compute == model.compute] or named
        known = named or (before.models if len(before.models) == 1 else ())
        if not known:
            raise RecordError(
                f"the baseline has no model {model.name!r}",
                hint="it has " + ", ".join(m.name for m in before.models),
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
