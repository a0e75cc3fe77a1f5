"""Pair classification: how well a threshold separates matching pairs from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import average_precision, best_accuracy, best_f1
from likewise.evaluation.phrases import Phrase
from likewise.evaluation.tasks.sentence_pairs import SentencePairs


@dataclass(frozen=True)
class PairClassification(SentencePairs):
    """Pairs of sentences that match or do not match.

    Attributes:
        labels: 1 for a matching pair, else 0.
        split: of the data.
    """

    labels: Sequence[int]
    split: str = "test"
    type = "PairClassification"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Average precision, best accuracy and best F1 with their thresholds, by similarity.

        As in MTEB, the main score is the average precision of the similarity that separates best.
        """
        similarities = self.similarities(model)
        truth = np.asarray(self.labels).astype(bool)
        scores: dict[str, float] = {}
        for measure, values in similarities.items():
            accuracy, f1 = best_accuracy(values, truth), best_f1(values, truth)
            scores |= {
                f"{measure}_ap": average_precision(values, truth),
                f"{measure}_accuracy": accuracy.value,
                f"{measure}_accuracy_threshold": accuracy.threshold,
                f"{measure}_f1": f1.value,
                f"{measure}_f1_threshold": f1.threshold,
                f"{measure}_precision": f1.precision,
                f"{measure}_recall": f1.recall,
            }
        for metric in ("ap", "accuracy", "f1"):
            scores[f"max_{metric}"] = max(scores[f"{m}_{metric}"] for m in similarities)
        cosine = similarities["cosine"]
        threshold = scores["cosine_accuracy_threshold"]

        best = similarities[max(similarities, key=lambda measure: scores[f"{measure}_ap"])]

        def resample(items: NDArray[np.int64]) -> float:
            return average_precision(best[items], truth[items])

        def case(i: int) -> Case:
            return Case(
                self.pair(i),
                Phrase("match" if truth[i] else "no_match"),
                Phrase(
                    "above" if cosine[i] >= threshold else "below",
                    cosine=f"{cosine[i]:.2f}",
                    threshold=f"{threshold:.2f}",
                ),
            )

        # 0.5 at the threshold, more on the correct side of it
        margin = np.where(truth, cosine - threshold, threshold - cosine)
        per_item_scores = np.clip(0.5 + margin / 2, 0.0, 1.0)
        pairs = PairCounts.of(cosine, truth.astype(np.float64))
        return TaskOutcome(scores, "max_ap", per_item_scores, resample, case, pairs)
