"""What tasks of sentence pairs have in common: their texts, and the similarity of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import TextEncoder, embed
from likewise.vectors import SIMILARITIES, similarity_pairwise


@dataclass(frozen=True)
class SentencePairs:
    """Pairs of sentences.

    Attributes:
        name: of the task, in results.
        first: the first sentence of each pair.
        second: the second sentence of each pair.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]

    def similarities(self, model: TextEncoder) -> dict[str, NDArray[np.float64]]:
        """The similarity of each pair, float64 `[n]`, by each measure of `SIMILARITIES`."""
        vectors = embed(model, [*self.first, *self.second])
        left, right = vectors[: len(self.first)], vectors[len(self.first) :]
        return {
            measure: similarity_pairwise(left, right, measure).astype(np.float64)
            for measure in SIMILARITIES
        }

    def pair(self, i: int) -> str:
        """One pair as text."""
        return f"{self.first[i]} ⟷ {self.second[i]}"
