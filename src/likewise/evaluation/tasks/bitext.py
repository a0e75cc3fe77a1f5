"""Bitext mining: whether the nearest neighbor of each sentence is its translation."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import class_report
from likewise.evaluation.tasks.sentence_pairs import SentencePairs
from likewise.vectors import normalize


@dataclass(frozen=True)
class BitextMining(SentencePairs):
    """Sentences, first, and their translations (or paraphrases), second.

    Attributes:
        split: of the data.
    """

    split: str = "test"
    type = "BitextMining"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """F1, precision, recall and accuracy of the nearest neighbor by cosine."""
        left = normalize(embed(model, self.first))
        right = normalize(embed(model, self.second))
        nearest = np.concatenate(
            [
                np.argmax(left[start : start + 512] @ right.T, axis=1)
                for start in range(0, len(left), 512)
            ]
        )
        truth = np.arange(len(left))
        report = asdict(class_report(truth, nearest))
        scores = {
            "f1": report["f1_weighted"],
            "precision": report["precision_weighted"],
            "recall": report["recall_weighted"],
            "accuracy": report["accuracy"],
        }
        hits = (nearest == truth).astype(np.float64)

        def resample(items: NDArray[np.int64]) -> float:
            return class_report(truth[items], nearest[items]).f1_weighted

        def case(i: int) -> Case:
            return Case(self.first[i], self.second[i], self.second[int(nearest[i])])

        return TaskOutcome(scores, "f1", hits, resample, case)
