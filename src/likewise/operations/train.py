"""Improve a model on data of one's own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from likewise.errors import InputError
from likewise.extras import require
from likewise.hub.catalog import DEFAULT
from likewise.operations.contract import Failure, Field
from likewise.operations.session import Session
from likewise.training.columns import parse_columns
from likewise.training.recipe import DataRecipe, LossChoice, Recipe, load_stages
from likewise.wording import counted

if TYPE_CHECKING:  # torch is loaded when a training begins
    from likewise.training.report import TrainingReport

RECIPE_SUFFIXES = (".yaml", ".yml")

# fields that checks of training data share
ModelOrRecipe = Annotated[
    str,
    Field("The model to improve, or a recipe.", positional=True, metavar="MODEL|RECIPE"),
]
DataFiles = Annotated[
    tuple[str, ...],
    Field(
        "CSV, TSV, JSON Lines or Parquet; FILE=WEIGHT for several files.", short="-d", local=True
    ),
]
Weights = Annotated[
    tuple[float, ...],
    Field("Weight of each file, in their order; FILE=WEIGHT says the same.", metavar="WEIGHT"),
]
Columns = Annotated[
    str, Field("Columns by role: anchor=title,positive=body.", metavar="ROLE=COLUMN,...")
]
BatchSize = Annotated[int | None, Field("Examples of a step.", minimum=2)]
MaxTokens = Annotated[int | None, Field("Length that texts are cut to in training.", minimum=8)]
DevTask = Annotated[
    str | None, Field("Your own task to measure; else a part is held out.", local=True)
]


@dataclass(frozen=True)
class TrainRequest:
    """A recipe, or a model with data; flags replace what the recipe says."""

    output: Annotated[
        Path, Field("New folder of the trained model.", short="-o", local=True, output=True)
    ]
    model: ModelOrRecipe = DEFAULT
    data: DataFiles = ()
    weights: Weights = ()
    columns: Columns = ""
    loss: Annotated[LossChoice | None, Field("What is minimized; auto chooses by the data.")] = None
    max_minutes: Annotated[
        float | None, Field("Most minutes of the whole run; steps are planned for it.")
    ] = None
    steps: Annotated[int | None, Field("Number of steps.", minimum=1)] = None
    epochs: Annotated[float | None, Field("Times that each example is used.")] = None
    batch: BatchSize = None
    learning_rate: Annotated[float | None, Field("The highest learning rate, such as 2e-5.")] = None
    max_tokens: MaxTokens = None
    dev: DevTask = None
    every: Annotated[
        int | None, Field("Steps between dev scores during training; none by default.", minimum=0)
    ] = None
    general: Annotated[
        tuple[str, ...], Field("Task that must not get worse; repeat it for several.", local=True)
    ] = ()
    max_drop: Annotated[
        float | None, Field("Points out of 100 that a general score may fall.", minimum=0)
    ] = None
    queries: Annotated[
        tuple[str, ...],
        Field("A query of yours, whose nearest texts are shown before and after; repeat it.",
              flag="--query", metavar="TEXT"),
    ] = ()  # fmt: skip
    seed: Annotated[int | None, Field("The same seed gives the same model.", minimum=0)] = None
    device: Annotated[str, Field("Where to train: cpu, or with torch cuda or mps.")] = "cpu"
    restart: Annotated[
        bool, Field("Begin again, where an interrupted run could be continued.", flag="--restart")
    ] = False
    force: Annotated[
        bool, Field("Write the model although it does not pass the gate.", flag="--force")
    ] = False


@dataclass(frozen=True)
class TrainResult:
    """What a training did, and whether its model was written.

    Attributes:
        report: what it did.
    """

    report: TrainingReport

    @property
    def failure(self) -> Failure | None:
        """Why the model was not written; None if it was."""
        if self.report.output:
            return None
        verdict = self.report.verdict
        hint = f"{verdict.advice}; or write it anyway with --force"
        return Failure(tuple(f"not promoted: {reason}" for reason in verdict.reasons), hint)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return self.report.to_dict()


def train(request: TrainRequest, session: Session) -> TrainResult:
    """Improve a model on data, measure it before and after, and write it if it got better.

    An interrupted run is continued by the same request.

    Raises:
        InputError: unusable settings or data, or the training diverged.
        RecordError: a file cannot be read.
        CheckpointError: the model cannot be used.
        OutputError: the folder cannot be written.
        MissingExtraError: the extra `train` is not installed.
    """
    started = time.monotonic()  # importing torch takes seconds
    require("torch", "train")
    require("sentence_transformers", "train")
    from likewise.training.run import TrainingRun

    stages = stages_of(request)
    model = stages[0].model
    for number, recipe in enumerate(stages[:-1], 1):
        folder = request.output.with_name(f"{request.output.name}.stage-{number}")
        if not folder.exists():  # a finished stage is not repeated
            first = replace(recipe, model=model)
            TrainingRun(
                first, folder, request.device, request.restart, force=True,
                progress=session.progress, on_note=session.message, started=started,
            ).run()  # fmt: skip
            started = time.monotonic()  # each stage has its own minutes
        model = str(folder)
    run = TrainingRun(
        replace(stages[-1], model=model), request.output, request.device, request.restart,
        request.force, session.progress, session.message, request.queries,
        started,
    )  # fmt: skip
    return TrainResult(run.run())


def stages_of(request: TrainRequest) -> tuple[Recipe, ...]:
    """The recipes of a request, changed by its flags; one for each stage.

    Raises:
        InputError: no data is named, or a setting is unusable.
        RecordError: the recipe cannot be read.
    """
    data = _data_files(request)
    if Path(request.model).suffix.lower() not in RECIPE_SUFFIXES:
        return (_changed(Recipe(request.model, data), request, data),)
    return tuple(_changed(each, request, data) for each in load_stages(Path(request.model)))


def _data_files(request: TrainRequest) -> tuple[DataRecipe, ...]:
    columns = parse_columns(request.columns)
    files = tuple(_data(str(item), columns) for item in request.data)
    if not request.weights:
        return files
    if len(request.weights) != len(files):
        raise InputError(
            f"{counted(len(files), 'file')} and {counted(len(request.weights), 'weight')}",
            hint="give one weight for each file",
        )
    pairs = zip(files, request.weights, strict=True)
    return tuple(replace(file, weight=weight) for file, weight in pairs)


def _changed(recipe: Recipe, request: TrainRequest, data: tuple[DataRecipe, ...]) -> Recipe:
    names = ("steps", "epochs", "batch", "learning_rate", "max_tokens", "max_minutes", "seed")
    given = {name: value for name in names if (value := getattr(request, name)) is not None}
    if data:
        given["data"] = data
    if request.loss:
        given["loss"] = replace(recipe.loss, name=request.loss)
    if request.max_drop is not None:
        given["gate"] = replace(recipe.gate, max_drop=request.max_drop)
    evaluation = {
        name: value for name in ("dev", "general", "every") if (value := getattr(request, name))
    }
    if evaluation:
        given["evaluation"] = replace(recipe.evaluation, **evaluation)
    return replace(recipe, **given)


def _data(item: str, columns: Mapping[str, str]) -> DataRecipe:
    """`pairs.jsonl`, or `pairs.jsonl=2.5` with a weight."""
    name, _, weight = item.rpartition("=")
    if name and not Path(item).exists():
        try:
            return DataRecipe(name, float(weight), columns)
        except ValueError:
            pass
    return DataRecipe(item, None, columns)
