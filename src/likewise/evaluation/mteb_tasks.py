"""MTEB's tasks by name, through the `mteb` package, where the hub is reachable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likewise.errors import InputError, RecordError
from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder
from likewise.extras import require
from likewise.vectors import Matrix, as_matrix, similarity, similarity_pairwise

EXTRA = "mteb"


class MtebEncoder:
    """A model as mteb wants to hold it: batches of a DataLoader in, one matrix out."""

    def __init__(self, model: TextEncoder) -> None:
        self.model = model

    @property
    def mteb_model_meta(self) -> Any:
        """The least mteb asks to know of a model."""
        meta = require("mteb.models.model_meta", EXTRA).ModelMeta
        name = str(getattr(self.model, "name", type(self.model).__name__))
        about = {"name": name if "/" in name else f"likewise/{name}"}
        return meta.create_empty(about)

    def encode(
        self,
        inputs: Any,
        *,
        task_metadata: Any,  # noqa: ARG002 - mteb's protocol
        hf_split: str,  # noqa: ARG002
        hf_subset: str,  # noqa: ARG002
        prompt_type: Any = None,
        **options: Any,  # noqa: ARG002
    ) -> Matrix:
        """Vectors of every text in the batches: float32 `[n, dimension]`."""
        texts = [text for batch in inputs for text in batch["text"]]
        role = getattr(prompt_type, "value", prompt_type)
        encode = getattr(self.model, f"encode_{role}", self.model.encode)
        return as_matrix(encode(texts))

    def similarity(self, a: Any, b: Any) -> Matrix:
        """Every a with every b: float32 `[n, m]`."""
        return similarity(a, b, getattr(self.model, "similarity_fn_name", "cosine"))

    def similarity_pairwise(self, a: Any, b: Any) -> Matrix:
        """Each a with its b: float32 `[n]`."""
        return similarity_pairwise(a, b, getattr(self.model, "similarity_fn_name", "cosine"))


@dataclass(frozen=True)
class MtebTask:
    """A task of mteb's.

    Attributes:
        task: mteb's own task object.
    """

    task: Any = field(repr=False)

    @property
    def name(self) -> str:
        """Its name in mteb."""
        return str(self.task.metadata.name)

    @property
    def type(self) -> str:
        """Its kind in mteb."""
        return str(self.task.metadata.type)

    @property
    def split(self) -> str:
        """The part of the data mteb scores."""
        return str(self.task.metadata.eval_splits[0])

    @property
    def version(self) -> str:
        """The revision of its data on the hub."""
        return f"{self.name}@{self.task.metadata.dataset['revision']}"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Let mteb fetch the data and score the model; the mean where there are several subsets.

        Raises:
            RecordError: the data cannot be fetched.
        """
        mteb = require("mteb", EXTRA)
        try:
            if not self.task.data_loaded:
                self.task.load_data()
        except OSError as error:
            raise RecordError(
                f"cannot fetch the data of {self.name}: {error}",
                hint="a task by name needs the hub (HF_ENDPOINT names a mirror); files do not",
            ) from error
        results = mteb.evaluate(
            MtebEncoder(model), self.task, cache=None, raise_error=True, show_progress_bar=False
        )
        subsets = results.task_results[0].scores[self.split]
        main = str(self.task.metadata.main_score)
        names = [n for n, v in subsets[0].items() if isinstance(v, int | float)]
        scores = {n: float(np.mean([s[n] for s in subsets])) for n in names}
        scores[main] = scores.pop("main_score")

        def case(i: int) -> Case:
            raise IndexError(i)

        return TaskOutcome(scores, main, np.empty(0), lambda _: scores[main], case)


def mteb_task(name: str) -> MtebTask:
    """A task of mteb's by name, such as `STSBenchmark`.

    Raises:
        MissingExtraError: mteb is not installed.
        InputError: mteb has no such task.
    """
    mteb = require("mteb", EXTRA)
    try:
        return MtebTask(mteb.get_task(name))
    except KeyError as error:
        raise InputError(
            f"no file, folder or mteb task {name!r}",
            hint="give a path, or a name mteb.get_tasks() lists",
        ) from error
