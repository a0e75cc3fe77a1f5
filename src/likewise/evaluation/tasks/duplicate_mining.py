"""Duplicate mining: whether the pairs with the highest scores are duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import average_precision, best_f1
from likewise.evaluation.phrases import Phrase
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
        found = np.bincount(pairs.first[same], minlength=len(self.texts))
        missed = self._duplicates_after() - found
        best = best_f1(pairs.scores, same, missed=int(missed.sum()))
        scores = {
            "ap": average_precision(pairs.scores, same, missed=int(missed.sum())),
            "f1": best.value,
            "f1_threshold": best.threshold,
            "precision": best.precision,
            "recall": best.recall,
        }
        return self._outcome(scores, pairs, same, missed)

    def _duplicates_after(self) -> NDArray[np.int64]:
        """For each text, the number of its duplicates that come after it."""
        left = Counter(group for group in self.groups if group)
        counts = np.zeros(len(self.texts), np.int64)
        for i, group in enumerate(self.groups):
            if group:
                left[group] -= 1
                counts[i] = left[group]
        return counts

    def _outcome(
        self,
        scores: dict[str, float],
        pairs: MinedPairs,
        same: NDArray[np.bool_],
        missed: NDArray[np.int64],
    ) -> TaskOutcome:
        """The items are the texts: which pairs are mined depends on the model.

        A pair is counted with its first text, so that a sample of texts is a sample of pairs. The
        score of a text is the F1 of its duplicates at the best threshold.
        """
        threshold, count = scores["f1_threshold"], len(self.texts)
        chosen = pairs.scores >= threshold

        def of_text(these: NDArray[np.bool_]) -> NDArray[np.int64]:
            ends = np.concatenate([pairs.first[these], pairs.second[these]])
            return np.bincount(ends, minlength=count)

        sizes = Counter(self.groups)
        expected = np.array([sizes[group] - 1 if group else 0 for group in self.groups])
        right, predicted = of_text(chosen & same), of_text(chosen)
        some = np.maximum(expected + predicted, 1)
        per_item_scores = np.where(expected + predicted > 0, 2 * right / some, 1.0)

        members: dict[str, list[int]] = {"": []}
        for i, group in enumerate(self.groups):
            if group:
                members.setdefault(group, []).append(i)

        def case(i: int) -> Case:
            ends = (
                pairs.first[chosen & (pairs.second == i)],
                pairs.second[chosen & (pairs.first == i)],
            )
            return Case(
                self.texts[i],
                self._listed([j for j in members[self.groups[i]] if j != i]),
                self._listed(np.concatenate(ends).tolist()),
            )

        starts = np.searchsorted(pairs.first, np.arange(count + 1))

        def resample(items: NDArray[np.int64]) -> float:
            lengths = np.diff(starts)[items]
            before = np.cumsum(lengths) - lengths
            rows = np.repeat(starts[items] - before, lengths) + np.arange(lengths.sum())
            if not rows.size:
                return float("nan")
            lost = int(missed[items].sum())
            return average_precision(pairs.scores[rows], same[rows], missed=lost)

        counts = PairCounts.of(pairs.scores, same.astype(np.float64), int(missed.sum()))
        return TaskOutcome(scores, "ap", per_item_scores, resample, case, counts)

    def _listed(self, rows: list[int]) -> str:
        return " ⟷ ".join(self.texts[i] for i in rows) or Phrase("no_duplicates")


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
