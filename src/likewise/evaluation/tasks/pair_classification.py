"""Pair classification: can one threshold tell true pairs from others?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import average_precision, best_accuracy, best_f1
from likewise.vectors import SIMILARITIES, similarity_pairwise


@dataclass(frozen=True)
class PairClassification:
    """Pairs of sentences that belong together, or do not.

    Attributes:
        name: what it is called in results.
        first: one side of each pair.
        second: the other side.
        labels: 1 where the two belong together, else 0.
        split: which part of the data it is.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]
    labels: Sequence[int]
    split: str = "test"
    type = "PairClassification"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Average precision, best accuracy and best F1 with their thresholds, by similarity."""
        vectors = embed(model, [*self.first, *self.second])
        left, right = vectors[: len(self.first)], vectors[len(self.first) :]
        truth = np.asarray(self.labels).astype(bool)
        scores: dict[str, float] = {}
        for measure in SIMILARITIES:
            alike = similarity_pairwise(left, right, measure)
            accuracy, f1 = best_accuracy(alike, truth), best_f1(alike, truth)
            scores |= {
                f"{measure}_ap": average_precision(alike, truth),
                f"{measure}_accuracy": accuracy.value,
                f"{measure}_accuracy_threshold": accuracy.threshold,
                f"{measure}_f1": f1.value,
                f"{measure}_f1_threshold": f1.threshold,
                f"{measure}_precision": f1.precision,
                f"{measure}_recall": f1.recall,
            }
        for metric in ("ap", "accuracy", "f1"):
            scores[f"max_{metric}"] = max(scores[f"{m}_{metric}"] for m in SIMILARITIES)
        cosine = similarity_pairwise(left, right, "cosine").astype(np.float64)
        cut = scores["cosine_accuracy_threshold"]

        def resample(places: NDArray[np.int64]) -> float:
            return average_precision(cosine[places], truth[places])

        def case(i: int) -> Case:
            said = "a pair" if cosine[i] >= cut else "no pair"
            return Case(
                f"{self.first[i]} ⟷ {self.second[i]}",
                "a pair" if truth[i] else "no pair",
                f"{said}: cosine {cosine[i]:.2f}, best cut {cut:.2f}",
            )

        # half is the cut itself; the further on the right side, the better
        goodness = np.clip(0.5 + np.where(truth, cosine - cut, cut - cosine) / 2, 0.0, 1.0)
        return TaskOutcome(scores, "cosine_ap", goodness, resample, case)
