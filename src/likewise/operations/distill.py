"""Make a smaller, faster model of a larger one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.extras import require
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.training.distillation.settings import (
    DistillationLoss,
    DistillationReport,
    DistillationSettings,
)


@dataclass(frozen=True)
class DistillRequest:
    """A model, and what its student should be."""

    model: Annotated[
        str,
        Field("The teacher: a model; with --student, a cross-encoder.", positional=True,
              metavar="MODEL"),
    ]  # fmt: skip
    output: Annotated[
        Path, Field("New folder of the student.", short="-o", local=True, output=True)
    ]
    texts: Annotated[
        tuple[str, ...],
        Field("Texts of the kind that the student will read; with --student, pairs.", short="-t",
              metavar="FILE", local=True),
    ] = ()  # fmt: skip
    static: Annotated[
        bool,
        Field("A table of token vectors, without a network.", flag="--static"),
    ] = False
    layers: Annotated[int | None, Field("Layers of a smaller network.", minimum=1)] = None
    kept_layers: Annotated[
        tuple[int, ...],
        Field("The teacher's layers that it takes, from 0; repeat it."),
    ] = ()
    hidden_size: Annotated[int | None, Field("Hidden size of the network.", minimum=8)] = None
    dimension: Annotated[int | None, Field("Dimensions of the vectors.", minimum=1)] = None
    student: Annotated[
        str | None, Field("The encoder that learns from a cross-encoder.", metavar="MODEL")
    ] = None
    column: Annotated[str | None, Field("The column of the texts; detected if not given.")] = None
    columns: Annotated[
        str,
        Field("Columns of pairs by role: anchor=title,positive=body.", metavar="ROLE=COLUMN,..."),
    ] = ""
    max_texts: Annotated[int, Field("Most texts that are used.", minimum=1)] = 200_000
    loss: Annotated[
        DistillationLoss,
        Field("Of vectors (mse, cosine), or also of similarities within a batch (kl)."),
    ] = "mse"
    epochs: Annotated[float, Field("Times that each text is used.")] = 1.0
    max_minutes: Annotated[
        float | None, Field("Most minutes of the steps, in place of epochs.")
    ] = None
    batch: Annotated[int, Field("Texts or pairs of a step.", minimum=2)] = 64
    learning_rate: Annotated[float, Field("The highest learning rate.")] = 1e-4
    max_tokens: Annotated[
        int | None,
        Field("Length that texts are cut to in training; not at all by default.", minimum=8),
    ] = None
    on: Annotated[
        tuple[str, ...],
        Field("Task to measure both on; repeat it. By default the shipped set.", metavar="TASK",
              local=True),
    ] = ()  # fmt: skip
    seed: Annotated[int, Field("The same seed gives the same model.", minimum=0)] = 0
    restart: Annotated[
        bool, Field("Begin again, where a stopped run could be continued.", flag="--restart")
    ] = False


@dataclass(frozen=True)
class DistillResult:
    """A student.

    Attributes:
        report: scores and speed before and after, and where it is.
    """

    report: DistillationReport

    def to_dict(self) -> dict[str, Any]:
        """The fields of `DistillationReport`; each change also with `kept`."""
        return self.report.to_dict()


def distill(request: DistillRequest, session: Session) -> DistillResult:
    """Make a smaller, faster model of a larger one, and measure both.

    A run that was stopped is continued by the same request.

    Raises:
        InputError: unusable settings or texts.
        RecordError: a file cannot be read.
        CheckpointError: the teacher cannot be used.
        OutputError: the folder cannot be written.
        MissingExtraError: the extra `train` is not installed.
    """
    require("torch", "train")
    require("sentence_transformers", "train")
    from likewise.training.distillation.run import DistillationRun

    settings = DistillationSettings(
        request.model, request.texts, request.static, request.layers, request.kept_layers,
        request.hidden_size, request.dimension, request.student, request.column, request.columns,
        request.max_texts, request.loss, request.epochs, request.max_minutes, request.batch,
        request.learning_rate, request.max_tokens, request.on, request.seed,
    )  # fmt: skip
    run = DistillationRun(
        settings, request.output, request.restart, session.progress, session.message
    )
    return DistillResult(run.run())
