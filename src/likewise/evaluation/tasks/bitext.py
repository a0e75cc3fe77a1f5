"""Bitext mining: is each sentence's translation its nearest neighbour?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import class_report
from likewise.vectors import normalize


@dataclass(frozen=True)
class BitextMining:
    """Sentences and their translations (or paraphrases), row by row.

    Attributes:
        name: what it is called in results.
        first: sentences.
        second: the translation of each.
        split: which part of the data it is.
    """

    name: str
    first: Sequence[str]
    second: Sequence[str]
    split: str = "test"
    type = "BitextMining"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """F1, precision, recall and accuracy of taking the nearest one by cosine."""
        left = normalize(embed(model, self.first))
        right = normalize(embed(model, self.second))
        found = np.concatenate(
            [
                np.argmax(left[start : start + 512] @ right.T, axis=1)
                for start in range(0, len(left), 512)
            ]
        )
        truth = np.arange(len(left))
        report = asdict(class_report(truth, found))
        scores = {
            "f1": report["f1_weighted"],
            "precision": report["precision_weighted"],
            "recall": report["recall_weighted"],
            "accuracy": report["accuracy"],
        }
        hits = (found == truth).astype(np.float64)

        def resample(places: NDArray[np.int64]) -> float:
            return class_report(truth[places], found[places]).f1_weighted

        def case(i: int) -> Case:
            return Case(self.first[i], self.second[i], self.second[int(found[i])])

        return TaskOutcome(scores, "f1", hits, resample, case)
