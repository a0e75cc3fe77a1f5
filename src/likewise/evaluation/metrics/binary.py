"""Scores against yes-or-no labels: average precision, and the thresholds that decide best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from likewise.errors import ShapeError


@dataclass(frozen=True)
class Threshold:
    """A cut between yes and no: a score at or above it says yes.

    Attributes:
        value: what the cut reaches: accuracy or F1.
        threshold: the score to cut at, midway between the two scores it parts.
        precision: share of the yeses that are right.
        recall: share of the true pairs that get a yes.
    """

    value: float
    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True)
class _Cuts:
    """Every place the sorted scores can be cut, equal scores never parted."""

    said: NDArray[np.float64]
    right: NDArray[np.float64]
    scores: NDArray[np.float64]
    positives: float
    total: int

    @property
    def precision(self) -> NDArray[np.float64]:
        return self.right / self.said

    @property
    def recall(self) -> NDArray[np.float64]:
        return self.right / self.positives if self.positives else np.zeros_like(self.right)

    def at(self, index: int, value: float) -> Threshold:
        low = self.scores[index + 1] if index + 1 < self.scores.size else self.scores[index]
        return Threshold(
            value,
            float((self.scores[index] + low) / 2),
            float(self.precision[index]),
            float(self.recall[index]),
        )


def _cuts(scores: ArrayLike, labels: ArrayLike, missed: int = 0) -> _Cuts:
    values = np.asarray(scores, dtype=np.float64).ravel()
    truth = np.asarray(labels).astype(bool).ravel()
    if values.shape != truth.shape or values.size == 0:
        raise ShapeError(
            f"{values.size} scores for {truth.size} labels", hint="give one score for each label"
        )
    order = np.argsort(-values, kind="stable")
    values, truth = values[order], truth[order]
    ends = np.append(np.flatnonzero(np.diff(values)), values.size - 1)
    right = np.cumsum(truth)[ends].astype(np.float64)
    return _Cuts(
        (ends + 1).astype(np.float64), right, values[ends], float(truth.sum()) + missed, truth.size
    )


def average_precision(scores: ArrayLike, labels: ArrayLike, *, missed: int = 0) -> float:
    """Area under precision over recall, in steps, as scikit-learn has it; 0 without a true pair.

    Args:
        scores: `[n]`, higher says yes more firmly.
        labels: `[n]`, 1 for a true pair.
        missed: true pairs that were never scored.

    Raises:
        ShapeError: not one score for each label, or none.
    """
    cuts = _cuts(scores, labels, missed)
    return float(np.sum(np.diff(cuts.recall, prepend=0.0) * cuts.precision))


def best_accuracy(scores: ArrayLike, labels: ArrayLike) -> Threshold:
    """The cut with the most right answers; saying no to all of them is a cut too.

    Raises:
        ShapeError: not one score for each label, or none.
    """
    cuts = _cuts(scores, labels)
    negatives = cuts.total - cuts.positives
    accuracy = (cuts.right + negatives - (cuts.said - cuts.right)) / cuts.total
    best = int(np.argmax(accuracy))
    if negatives / cuts.total > accuracy[best]:
        above = float(np.nextafter(cuts.scores[0], np.inf))
        return Threshold(negatives / cuts.total, above, 0.0, 0.0)
    return cuts.at(best, float(accuracy[best]))


def best_f1(scores: ArrayLike, labels: ArrayLike, *, missed: int = 0) -> Threshold:
    """The cut with the highest harmonic mean of precision and recall.

    Args:
        scores: `[n]`, higher says yes more firmly.
        labels: `[n]`, 1 for a true pair.
        missed: true pairs that were never scored.

    Raises:
        ShapeError: not one score for each label, or none.
    """
    cuts = _cuts(scores, labels, missed)
    f1 = 2 * cuts.right / (cuts.said + cuts.positives)
    best = int(np.argmax(f1))
    return cuts.at(best, float(f1[best]))
