"""Duplicate mining: whether the pairs with the highest scores are duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import average_precision, best_f1
from likewise.vectors import normalize, top_k


@dataclass(frozen=True)
class DuplicateMining:
    """Texts in groups of duplicates.

    Attributes:
        name: of the task, in results.
        texts: the texts.
        groups: the group of each; empty for a text without duplicates.
        split: of the data.
        neighbors: number of nearest texts to examine for each text.
    """

    name: str
    texts: Sequence[str]
    groups: Sequence[str]
    split: str = "test"
    neighbors: int = 100
    type = "DuplicateMining"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Average precision over mined pairs, and the best F1 with its threshold.

        Duplicates that are not among a text's nearest neighbors are counted as missed.
        """
        pairs = mine(normalize(embed(model, self.texts)), self.neighbors)
        groups = np.asarray(self.groups)
        same = (groups[pairs.first] == groups[pairs.second]) & (groups[pairs.first] != "")
        sizes = Counter(g for g in self.groups if g)
        total = sum(n * (n - 1) // 2 for n in sizes.values())
        missed = total - int(same.sum())
        best = best_f1(pairs.scores, same, missed=missed)
        scores = {
            "ap": average_precision(pairs.scores, same, missed=missed),
            "f1": best.value,
            "f1_threshold": best.threshold,
            "precision": best.precision,
            "recall": best.recall,
        }
        return self._outcome(scores, pairs, same, missed)

    def _outcome(
        self, scores: dict[str, float], pairs: MinedPairs, same: NDArray[np.bool_], missed: int
    ) -> TaskOutcome:
        threshold = scores["f1_threshold"]
        per_item_scores = np.clip(
            0.5 + np.where(same, pairs.scores - threshold, threshold - pairs.scores) / 2, 0, 1
        )

        def case(i: int) -> Case:
            return Case(
                f"{self.texts[pairs.first[i]]} ⟷ {self.texts[pairs.second[i]]}",
                "duplicates" if same[i] else "not duplicates",
                f"cosine {pairs.scores[i]:.2f}, best threshold {threshold:.2f}",
            )

        def resample(items: NDArray[np.int64]) -> float:
            return average_precision(pairs.scores[items], same[items], missed=missed)

        return TaskOutcome(scores, "ap", per_item_scores, resample, case)


@dataclass(frozen=True)
class MinedPairs:
    """Pairs of similar texts, each once.

    Attributes:
        first: index of one text, `[n]`.
        second: index of the other, always higher, `[n]`.
        scores: cosine, float64 `[n]`.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    scores: NDArray[np.float64]


def mine(vectors: NDArray[np.float32], neighbors: int) -> MinedPairs:
    """The pairs of each text with its nearest neighbors.

    Args:
        vectors: normalized, float32 `[n, dimension]`.
        neighbors: number of neighbors of each text.
    """
    found: dict[int, float] = {}
    count = len(vectors)
    for start in range(0, count, 512):
        part = vectors[start : start + 512] @ vectors.T
        part[np.arange(len(part)), start + np.arange(len(part))] = -np.inf
        best = top_k(part, min(neighbors, max(count - 1, 1)))
        rows = start + np.repeat(np.arange(len(part)), best.indices.shape[1])
        columns, values = best.indices.ravel(), best.scores.ravel()
        keys = np.minimum(rows, columns) * count + np.maximum(rows, columns)
        found.update(zip(keys.tolist(), values.tolist(), strict=True))
    keys = np.array(sorted(k for k, v in found.items() if np.isfinite(v)), dtype=np.int64)
    scores = np.array([found[int(k)] for k in keys], dtype=np.float64)
    return MinedPairs(keys // count, keys % count, scores)
