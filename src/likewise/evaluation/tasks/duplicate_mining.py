"""Duplicate mining: are the pairs that score highest the ones that repeat?"""

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
    """Texts in groups: texts of one group say the same.

    Attributes:
        name: what it is called in results.
        texts: the texts.
        groups: the group of each; an empty one stands for none.
        split: which part of the data it is.
        neighbours: nearest texts of each that are looked at.
    """

    name: str
    texts: Sequence[str]
    groups: Sequence[str]
    split: str = "test"
    neighbours: int = 100
    type = "DuplicateMining"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """Average precision over mined pairs, and the best F1 with its threshold.

        Duplicates that are not among a text's nearest neighbours count as missed.
        """
        pairs = mine(normalize(embed(model, self.texts)), self.neighbours)
        groups = np.asarray(self.groups)
        same = (groups[pairs.first] == groups[pairs.second]) & (groups[pairs.first] != "")
        sizes = Counter(g for g in self.groups if g)
        total = sum(n * (n - 1) // 2 for n in sizes.values())
        missed = total - int(same.sum())
        cut = best_f1(pairs.scores, same, missed=missed)
        scores = {
            "ap": average_precision(pairs.scores, same, missed=missed),
            "f1": cut.value,
            "f1_threshold": cut.threshold,
            "precision": cut.precision,
            "recall": cut.recall,
        }
        return self._outcome(scores, pairs, same, missed)

    def _outcome(
        self, scores: dict[str, float], pairs: MinedPairs, same: NDArray[np.bool_], missed: int
    ) -> TaskOutcome:
        cut = scores["f1_threshold"]
        goodness = np.clip(0.5 + np.where(same, pairs.scores - cut, cut - pairs.scores) / 2, 0, 1)

        def case(i: int) -> Case:
            return Case(
                f"{self.texts[pairs.first[i]]} ⟷ {self.texts[pairs.second[i]]}",
                "the same" if same[i] else "not the same",
                f"cosine {pairs.scores[i]:.2f}, best cut {cut:.2f}",
            )

        def resample(places: NDArray[np.int64]) -> float:
            return average_precision(pairs.scores[places], same[places], missed=missed)

        return TaskOutcome(scores, "ap", goodness, resample, case)


@dataclass(frozen=True)
class MinedPairs:
    """Pairs of near texts, each once.

    Attributes:
        first: place of the one, `[n]`.
        second: place of the other, always higher, `[n]`.
        scores: cosine, float64 `[n]`.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    scores: NDArray[np.float64]


def mine(vectors: NDArray[np.float32], neighbours: int) -> MinedPairs:
    """Each text's nearest ones, as pairs.

    Args:
        vectors: rows of length 1, `[n, dimension]`.
        neighbours: how many of each text.
    """
    found: dict[int, float] = {}
    count = len(vectors)
    for start in range(0, count, 512):
        part = vectors[start : start + 512] @ vectors.T
        part[np.arange(len(part)), start + np.arange(len(part))] = -np.inf
        best = top_k(part, min(neighbours, max(count - 1, 1)))
        rows = start + np.repeat(np.arange(len(part)), best.indices.shape[1])
        columns, values = best.indices.ravel(), best.scores.ravel()
        keys = np.minimum(rows, columns) * count + np.maximum(rows, columns)
        found.update(zip(keys.tolist(), values.tolist(), strict=True))
    keys = np.array(sorted(k for k, v in found.items() if np.isfinite(v)), dtype=np.int64)
    scores = np.array([found[int(k)] for k in keys], dtype=np.float64)
    return MinedPairs(keys // count, keys % count, scores)
