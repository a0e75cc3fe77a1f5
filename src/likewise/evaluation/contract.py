"""Interfaces of evaluations: models, tasks, and the outcome of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.phrases import phrases
from likewise.vectors import Matrix, as_matrix

Role = Literal["text", "query", "document"]


@runtime_checkable
class TextEncoder(Protocol):
    """Encodes texts: an `Encoder`, a SentenceTransformer, or any object with this method."""

    def encode(self, sentences: list[str], /) -> Any:
        """Vectors `[n, dimension]`, one per text, in the order of the texts."""


@dataclass(frozen=True)
class Case:
    """One item of a task as text, for error analysis.

    Attributes:
        input: the input of the model.
        expected: the correct result.
        predicted: the result by the model's vectors.
    """

    input: str
    expected: str
    predicted: str

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON; `phrases` are those that can be said in another language."""
        return {**asdict(self), "phrases": phrases((self.expected, self.predicted))}


@dataclass(frozen=True)
class TaskOutcome:
    """The outcome of one model on one task.

    Attributes:
        scores: value by metric, 0 to 1; thresholds are in the units of their similarity.
        main_score: name of the main metric.
        per_item_scores: score of each item, 0 to 1, float64 `[n]`.
        resample: computes the main metric on some items (their indices, possibly repeated), for
            bootstrap intervals.
        case: one item as text, by its index.
        pairs: pairs by similarity, for tasks in which a threshold decides; else None.
    """

    scores: Mapping[str, float]
    main_score: str
    per_item_scores: NDArray[np.float64]
    resample: Callable[[NDArray[np.int64]], float]
    case: Callable[[int], Case]
    pairs: PairCounts | None = None

    @property
    def score(self) -> float:
        """The value of the main metric, 0 to 1."""
        return self.scores[self.main_score]


class Task(Protocol):
    """A task with known correct results, on which models are scored."""

    @property
    def name(self) -> str:
        """Its name in results."""

    @property
    def type(self) -> str:
        """Its type by MTEB's name, such as `STS` or `Retrieval`."""

    @property
    def split(self) -> str:
        """The split of the data, such as `test`."""

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Encode the texts and compute the scores."""


def embed(model: TextEncoder, texts: Sequence[str], role: Role = "text") -> Matrix:
    """Encode texts, each distinct text once: float32 `[n, dimension]`.

    Args:
        model: any object with `encode`; for queries and documents its `encode_query` and
            `encode_document` are used, if it has them.
        texts: the texts.
        role: the role of the texts in the task.

    Raises:
        ShapeError: the model did not return a matrix.
    """
    index: dict[str, int] = {}
    rows = [index.setdefault(text, len(index)) for text in texts]
    encode = getattr(model, f"encode_{role}", model.encode)
    return as_matrix(encode(list(index)))[rows]
