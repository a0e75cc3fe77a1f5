"""Semantic textual similarity: do the model's scores order pairs as people did?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import pearson, ranks, spearman
from likewise.vectors import SIMILARITIES, similarity_pairwise


@dataclass(frozen=True)
class Sts:
    """Pairs of sentences with human ratings.

    Attributes:
        name: what it is called in results.
        first: one side of each pair.
        second: the other side.
        ratings: human rating of each pair, higher is more alike.
        split: which part of the data it is.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]
    ratings: Sequence[float]
    split: str = "test"
    type = "STS"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Pearson and Spearman of every similarity with the ratings."""
        vectors = embed(model, [*self.first, *self.second])
        left, right = vectors[: len(self.first)], vectors[len(self.first) :]
        gold = np.asarray(self.ratings, dtype=np.float64)
        scores: dict[str, float] = {}
        for measure in SIMILARITIES:
            alike = similarity_pairwise(left, right, measure)
            scores[f"{measure}_pearson"] = pearson(alike, gold)
            scores[f"{measure}_spearman"] = spearman(alike, gold)
        cosine = similarity_pairwise(left, right, "cosine")

        def resample(places: NDArray[np.int64]) -> float:
            return spearman(cosine[places], gold[places])

        # places in the two orders, 0 to 1: far apart is a pair the model misjudged
        model_place, human_place = (ranks(side) / len(gold) for side in (cosine, gold))

        def case(i: int) -> Case:
            return Case(
                f"{self.first[i]} ⟷ {self.second[i]}",
                f"rated {gold[i]:g}: more alike than {human_place[i]:.0%} of the pairs",
                f"cosine {cosine[i]:.2f}: more alike than {model_place[i]:.0%} of the pairs",
            )

        goodness = 1.0 - np.abs(model_place - human_place)
        return TaskOutcome(scores, "cosine_spearman", goodness, resample, case)
