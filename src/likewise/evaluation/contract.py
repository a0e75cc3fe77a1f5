"""What an evaluation needs of a model, and what a task gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from likewise.vectors import Matrix, as_matrix

Role = Literal["text", "query", "document"]


@runtime_checkable
class TextEncoder(Protocol):
    """Anything that turns texts into vectors: an `Encoder`, a SentenceTransformer, your own."""

    def encode(self, sentences: list[str], /) -> Any:
        """Vectors `[n, dimension]`, one a text, in the order given."""


@dataclass(frozen=True)
class Case:
    """One item of a task in words, for people who look at what went wrong.

    Attributes:
        asked: what the model was given.
        expected: what would have been right.
        got: what the model's vectors said.
    """

    asked: str
    expected: str
    got: str


@dataclass(frozen=True)
class TaskOutcome:
    """How one model did on one task.

    Attributes:
        scores: metric by name, 0 to 1; thresholds are in the units of their similarity.
        main_score: name of the metric the task is known by.
        goodness: how well each item went, 0 to 1, `[n]`.
        resample: the main metric over chosen items (places, with repeats), for bootstrap intervals.
        case: an item in words, by its place.
    """

    scores: Mapping[str, float]
    main_score: str
    goodness: NDArray[np.float64]
    resample: Callable[[NDArray[np.int64]], float]
    case: Callable[[int], Case]

    @property
    def score(self) -> float:
        """The main metric, 0 to 1."""
        return self.scores[self.main_score]


class Task(Protocol):
    """A question put to a model's vectors, with its answers known."""

    @property
    def name(self) -> str:
        """What it is called in results."""

    @property
    def type(self) -> str:
        """MTEB's name for its kind, such as `STS` or `Retrieval`."""

    @property
    def split(self) -> str:
        """Which part of the data it is, such as `test`."""

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Encode what it needs, and score it."""


def embed(model: TextEncoder, texts: Sequence[str], role: Role = "text") -> Matrix:
    """Vectors of texts, each distinct text encoded once: float32 `[n, dimension]`.

    Args:
        model: anything with `encode`; `encode_query` and `encode_document` are used where it has
            them and the role asks for it.
        texts: the texts.
        role: what the texts are to the task.

    Raises:
        ShapeError: the model gave something that is no matrix.
    """
    places: dict[str, int] = {}
    rows = [places.setdefault(text, len(places)) for text in texts]
    encode = getattr(model, f"encode_{role}", model.encode)
    return as_matrix(encode(list(places)))[rows]
