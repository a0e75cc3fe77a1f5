"""Semantic textual similarity: whether similarities order pairs as human ratings do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import pearson, ranks, spearman
from likewise.evaluation.phrases import Phrase
from likewise.evaluation.tasks.sentence_pairs import SentencePairs


@dataclass(frozen=True)
class Sts(SentencePairs):
    """Pairs of sentences with human ratings.

    Attributes:
        ratings: rating of each pair; higher is more similar.
        split: of the data.
    """

    ratings: Sequence[float]
    split: str = "test"
    type = "STS"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Pearson and Spearman correlation of every similarity with the ratings."""
        similarities = self.similarities(model)
        ratings = np.asarray(self.ratings, dtype=np.float64)
        scores: dict[str, float] = {}
        for measure, values in similarities.items():
            scores[f"{measure}_pearson"] = pearson(values, ratings)
            scores[f"{measure}_spearman"] = spearman(values, ratings)
        cosine = similarities["cosine"]

        def resample(items: NDArray[np.int64]) -> float:
            return spearman(cosine[items], ratings[items])

        # ranks from 0 to 1: the larger the difference, the larger the error of the model
        by_model, by_rating = (ranks(values) / len(ratings) for values in (cosine, ratings))

        def case(i: int) -> Case:
            return Case(
                self.pair(i),
                Phrase("rated", rating=f"{ratings[i]:g}", share=f"{100 * by_rating[i]:.0f}"),
                Phrase("similar", cosine=f"{cosine[i]:.2f}", share=f"{100 * by_model[i]:.0f}"),
            )

        per_item_scores = 1.0 - np.abs(by_model - by_rating)
        pairs = PairCounts.of(cosine, ratings)
        return TaskOutcome(scores, "cosine_spearman", per_item_scores, resample, case, pairs)
