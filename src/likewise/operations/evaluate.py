"""Score models on tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.encoder import Encoder
from likewise.evaluation.discover import Reading
from likewise.evaluation.results import Evaluation, ModelScores, TaskScores, load_evaluation
from likewise.evaluation.run import Drop, compare_with_baseline, load_tasks
from likewise.evaluation.run import evaluate as score
from likewise.evaluation.task_settings import TaskSettings
from likewise.operations.contract import (
    ComputeName,
    DistributedRequest,
    Failure,
    Field,
    ModelRequest,
)
from likewise.operations.session import Session
from likewise.operations.task_reading import TaskColumns, TaskType, columns_by_role
from likewise.operations.texts import Encoding
from likewise.wording import counted


@dataclass(frozen=True)
class EvaluateRequest(DistributedRequest):
    """Models, and the tasks to score them on."""

    models: Annotated[
        tuple[str, ...],
        Field("Catalogue names, hub ids or folders.", positional=True, metavar="MODEL..."),
    ]
    tasks: Annotated[
        tuple[str, ...],
        Field("File, folder or name of a task of mteb; repeat it for several.", short="-t"),
    ]
    columns: TaskColumns = ""
    type: TaskType = None
    encoding: Encoding = None
    split: Annotated[
        str | None, Field("Split to score, such as dev; by default MTEB's, else test.")
    ] = None
    language: Annotated[
        tuple[str, ...],
        Field("Score this language of a multilingual task alone: eng; repeat it for several."),
    ] = ()
    samples: Annotated[
        int | None, Field("Classification: training texts per class (MTEB's, else 8).", minimum=1)
    ] = None
    runs: Annotated[
        int | None, Field("Classification and clustering: runs to average (10).", minimum=1)
    ] = None
    output: Annotated[
        Path | None,
        Field(
            "Write results to this file, and continue from it.", short="-o", local=True, output=True
        ),
    ] = None
    baseline: Annotated[
        Path | None, Field("Earlier results; exit 1 if a score fell too far.", local=True)
    ] = None
    max_drop: Annotated[float, Field("Points out of 100 that a score may fall.", minimum=0)] = 0.3
    compute: Annotated[ComputeName, Field("Number format of the network; float16 needs a GPU.")] = (
        "auto"
    )
    device: Annotated[str, Field("Where to run: auto, cpu, or with torch cuda or mps.")] = "auto"
    cache: Annotated[
        bool, Field("Cache vectors on disk for the next run.", flag="--cache/--no-cache")
    ] = True


@dataclass(frozen=True)
class EvaluateResult:
    """Scores, compared with a baseline if one was given.

    Attributes:
        evaluation: every score of every model.
        drops: every score compared with its baseline; empty without one.
        max_drop: points out of 100 that a score may fall.
        output: file the scores were written to.
    """

    evaluation: Evaluation
    drops: tuple[Drop, ...]
    max_drop: float
    output: Path | None

    @property
    def failure(self) -> Failure | None:
        """Scores that fell by more than allowed; None if there are none."""
        reasons = tuple(
            f"{d.model} on {d.task} fell from {d.before:.2f} to {d.now:.2f}, "
            f"more than {self.max_drop:g}"
            for d in self.drops
            if d.too_much
        )
        hint = "find the cause, or write a new baseline with --output"
        return Failure(reasons, hint) if reasons else None

    def to_dict(self) -> dict[str, Any]:
        """`format`, `manifest` and `models` as `Evaluation` has them, then `drops` and `output`."""
        return self.evaluation.to_dict() | {
            "drops": [dataclasses.asdict(drop) for drop in self.drops],
            "output": str(self.output) if self.output else None,
        }


def evaluate(request: EvaluateRequest, session: Session) -> EvaluateResult:
    """Score every model on every task, and compare with a baseline.

    On a cluster, the texts are encoded by the workers; scores are computed here.

    Raises:
        RecordError: a task, the baseline or earlier results cannot be read.
        InputError: the columns or a name are not known.
        CheckpointError: a model cannot be used.
        OutputError: the results cannot be written.
        EngineError: the cluster does not answer, or its workers end again and again.
    """
    before = load_evaluation(request.baseline) if request.baseline else None
    settings = TaskSettings(request.split, request.language, request.samples, request.runs)
    columns = columns_by_role(request.columns)
    reading = Reading(columns, request.type, request.encoding, settings)
    tasks = load_tasks(request.tasks, reading)

    def models() -> Iterator[Encoder]:
        for name in request.models:
            one = ModelRequest(model=name, compute=request.compute, device=request.device)
            yield session.encoder(one)

    def report(model: ModelScores, result: TaskScores) -> None:
        session.message(
            "score",
            f"{model.name} · {result.task}: {result.score:.2f} ({result.seconds:.1f} s)",
            model=model.name, task=result.task, score=result.score,
        )  # fmt: skip

    with session.executor(request) as executor:
        found = score(
            models(), tasks, output=request.output, use_cache=request.cache,
            on_result=report, executor=executor, progress=session.progress,
        )  # fmt: skip
    drops = tuple(compare_with_baseline(found, before, request.max_drop)) if before else ()
    if request.output:
        session.message("written", f"wrote {request.output}", path=str(request.output))
    if drops and not any(drop.too_much for drop in drops):
        session.message(
            "within_baseline",
            f"{counted(len(drops), 'score')} within {request.max_drop:g} of the baseline",
            scores=len(drops), max_drop=request.max_drop,
        )  # fmt: skip
    return EvaluateResult(found, drops, request.max_drop, request.output)
