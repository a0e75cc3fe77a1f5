"""MTEB's tasks by name, through the `mteb` package; their data come from the hub."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from likewise.errors import InputError, RecordError
from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder
from likewise.evaluation.task_settings import TaskSettings
from likewise.extras import require
from likewise.vectors import Matrix, as_matrix, similarity, similarity_pairwise

EXTRA = "mteb"


class MtebEncoder:
    """Adapts a model to mteb's encoder protocol."""

    def __init__(self, model: TextEncoder) -> None:
        self.model = model

    @property
    def mteb_model_meta(self) -> Any:
        """The metadata that mteb requires of a model."""
        meta = require("mteb.models.model_meta", EXTRA).ModelMeta
        name = str(getattr(self.model, "name", type(self.model).__name__))
        metadata = {"name": name if "/" in name else f"likewise/{name}"}
        return meta.create_empty(metadata)

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
        """Encode all texts of the batches of a DataLoader: float32 `[n, dimension]`."""
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
    """A task of mteb.

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
        """Its type in mteb."""
        return str(self.task.metadata.type)

    @property
    def split(self) -> str:
        """The split of the data that mteb scores."""
        return str(self.task.eval_splits[0])

    @property
    def version(self) -> str:
        """The revision of its data on the hub."""
        return f"{self.name}@{self.task.metadata.dataset['revision']}"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Download the data and score the model; scores are means over the subsets of the data.

        Raises:
            RecordError: the data cannot be downloaded.
        """
        mteb = require("mteb", EXTRA)
        try:
            if not self.task.data_loaded:
                self.task.load_data()
        except OSError as error:
            raise RecordError(
                f"cannot download the data of {self.name}: {error}",
                hint="check the network, set HF_ENDPOINT to a mirror, or use a task from a file",
            ) from error
        results = mteb.evaluate(
            MtebEncoder(model), self.task, cache=None, raise_error=True, show_progress_bar=False
        )
        subsets = results.task_results[0].scores[self.split]
        main = str(self.task.metadata.main_score)
        names = [n for n, v in subsets[0].items() if isinstance(v, int | float)]
        scores = {n: float(np.mean([s[n] for s in subsets])) for n in names}
        scores[main] = scores.pop("main_score")

        def case(i: int) -> Case:  # mteb gives no results of single items
            raise IndexError(i)

        return TaskOutcome(scores, main, np.empty(0), lambda _: scores[main], case)


def mteb_task(name: str, settings: TaskSettings | None = None) -> MtebTask:
    """Find a task of mteb by its name, such as `STSBenchmark`.

    Args:
        name: as in mteb.
        settings: a split, languages (ISO 639-3, such as `eng`), samples and runs, where they are
            not to be those of the task.

    Raises:
        MissingExtraError: mteb is not installed.
        InputError: mteb has no task with this name, or the task has no such split or language.
    """
    mteb, settings = require("mteb", EXTRA), settings or TaskSettings()
    try:
        task = mteb.get_task(
            name,
            languages=list(settings.languages) or None,
            eval_splits=[settings.split] if settings.split else None,
        )
        if settings.samples and hasattr(task, "samples_per_label"):
            task.samples_per_label = settings.samples
        for runs in ("n_experiments", "n_clusters"):
            if settings.runs and hasattr(task, runs):
                setattr(task, runs, settings.runs)
        return MtebTask(task)
    except ValueError as error:
        raise InputError(
            f"{name} of mteb: {error}",
            hint="choose a split and languages (ISO 639-3, such as eng) that the task has",
        ) from error
    except KeyError as error:
        raise InputError(
            f"no file, folder or task of mteb: {name!r}",
            hint="give a path, or a name from mteb.get_tasks()",
        ) from error
