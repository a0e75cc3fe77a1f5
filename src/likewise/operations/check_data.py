"""Look at training data before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.hub.catalog import DEFAULT
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.operations.train import (
    BatchSize,
    Columns,
    DataFiles,
    DevTask,
    MaxTokens,
    ModelOrRecipe,
    TrainRequest,
    Weights,
    stages_of,
)
from likewise.training.data_check import DataCheck, data_files
from likewise.training.data_check import check_data as check


@dataclass(frozen=True)
class CheckDataRequest:
    """Data, and the model that would be trained on it."""

    model: ModelOrRecipe = DEFAULT
    data: DataFiles = ()
    weights: Weights = ()
    columns: Columns = ""
    batch: BatchSize = None
    max_tokens: MaxTokens = None
    dev: DevTask = None
    seed: Annotated[int | None, Field("The same seed holds out the same rows.", minimum=0)] = None


@dataclass(frozen=True)
class CheckDataResult:
    """Training data as it would be used.

    Attributes:
        model: name of the model.
        check: its files, and what was found in them.
    """

    model: str
    check: DataCheck

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `model`, `files` (each with `name`, `form`, `layout`, `rows`, `share`,
        `median_tokens`, `long_tokens` and `max_tokens`), `held_out`, `steps` and `findings` (each
        with `code`, `text`, `count`, `examples` and `source`).
        """
        return {"model": self.model} | self.check.to_dict()


def check_data(request: CheckDataRequest, session: Session) -> CheckDataResult:
    """Read training data and check it, as a training does before its first step.

    Raises:
        InputError: there are too few rows, or no columns to train on.
        RecordError: a file cannot be read.
        CheckpointError: the model cannot be used.
    """
    settings = {name: getattr(request, name) for name in CheckDataRequest.__dataclass_fields__}
    recipe = stages_of(TrainRequest(output=Path(), **settings))[0]
    encoder = session.models.get(recipe.model, "float32")
    found = check(data_files(recipe), recipe, encoder, progress=session.progress)
    return CheckDataResult(encoder.name, found)
