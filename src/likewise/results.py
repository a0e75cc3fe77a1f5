"""What an encoder answers with, beside plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranked:
    """One candidate of `Encoder.rank`.

    Attributes:
        index: its place among the candidates, from 0.
        score: similarity to the query, higher is nearer.
        text: the candidate.
    """

    index: int
    score: float
    text: str


@dataclass(frozen=True)
class TokenCount:
    """How much of a text is read.

    Attributes:
        seen: tokens it has, special ones included.
        kept: tokens the model reads.
        exact: whether `seen` is all of them; else the text has more.
    """

    seen: int
    kept: int
    exact: bool = True

    @property
    def cut(self) -> int:
        """Tokens the model never sees; at least so many where the count is not exact."""
        return self.seen - self.kept


@dataclass(frozen=True)
class Encoded:
    """Some neighbouring texts of a stream, and their vectors.

    Attributes:
        texts: k texts, as they were given.
        vectors: float32 `[k, dimension]`.
        seen: int64 `[k]`, tokens each text has, special ones included; a text of more than 20,000
            characters that was cut may have more.
        kept: int64 `[k]`, tokens of it that were read.
    """

    texts: list[str]
    vectors: NDArray[np.float32]
    seen: NDArray[np.int64]
    kept: NDArray[np.int64]


@dataclass
class Evaluations:
    """Results of sentence-transformers' evaluators, the last of each metric."""

    metrics: dict[str, float] = field(default_factory=dict)

    def set_evaluation_metrics(
        self,
        evaluator: object,  # noqa: ARG002 - the evaluators call it so
        metrics: Mapping[str, float],
        epoch: int = 0,  # noqa: ARG002
        step: int = 0,  # noqa: ARG002
    ) -> None:
        """Keep what an evaluator found."""
        self.metrics.update(metrics)
