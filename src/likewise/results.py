"""Results of an encoder other than arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranked:
    """One candidate of `Encoder.rank`.

    Attributes:
        index: its index among the candidates.
        score: similarity to the query, higher is more similar.
        text: the candidate.
    """

    index: int
    score: float
    text: str


@dataclass(frozen=True)
class TokenCount:
    """The number of tokens of a text, special tokens included.

    Attributes:
        seen: number of tokens before truncation.
        kept: number of tokens after truncation, which the model reads.
        exact: whether `seen` is exact; otherwise it is a lower bound.
    """

    seen: int
    kept: int
    exact: bool = True

    @property
    def cut(self) -> int:
        """Number of tokens that the model does not read; a lower bound if not `exact`."""
        return self.seen - self.kept


@dataclass(frozen=True)
class Encoded:
    """Consecutive texts of a stream and their vectors.

    Attributes:
        texts: k texts as given.
        vectors: float32 `[k, dimension]`.
        seen: int64 `[k]`, tokens of each text before truncation, special tokens included; a lower
            bound for a truncated text of more than 20,000 characters.
        kept: int64 `[k]`, tokens of each text that were read.
    """

    texts: list[str]
    vectors: NDArray[np.float32]
    seen: NDArray[np.int64]
    kept: NDArray[np.int64]


@dataclass(frozen=True)
class PairScores:
    """What a cross-encoder gives for a query and several texts.

    Attributes:
        scores: float32 `[n]`, higher is better.
        tokens: int64 `[n]`, tokens that were read of each pair, special ones included.
        truncated: bool `[n]`, pairs that have more tokens.
    """

    scores: NDArray[np.float32]
    tokens: NDArray[np.int64]
    truncated: NDArray[np.bool_]


@dataclass(frozen=True)
class Token:
    """One token of a text.

    Attributes:
        id: its id in the vocabulary.
        text: the part of the text that it stands for; its name for a special token.
        special: whether it was put around the text.
        start: where it begins in the text; None for a special token.
        stop: where it ends.
    """

    id: int
    text: str
    special: bool
    start: int | None = None
    stop: int | None = None


@dataclass
class Evaluations:
    """Results of sentence-transformers' evaluators: the last value of each metric."""

    metrics: dict[str, float] = field(default_factory=dict)

    def set_evaluation_metrics(
        self,
        evaluator: object,  # noqa: ARG002 - a parameter of sentence-transformers
        metrics: Mapping[str, float],
        epoch: int = 0,  # noqa: ARG002
        step: int = 0,  # noqa: ARG002
    ) -> None:
        """Store the metrics of an evaluator."""
        self.metrics.update(metrics)
