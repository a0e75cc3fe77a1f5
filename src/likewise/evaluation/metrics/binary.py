"""Metrics of binary labels: average precision, and the thresholds of the best accuracy and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from likewise.errors import ShapeError


@dataclass(frozen=True)
class Threshold:
    """A decision threshold: a score at or above it is predicted positive.

    Attributes:
        value: accuracy or F1 at the threshold.
        threshold: midway between the two scores that it separates.
        precision: share of the predicted positives that are true.
        recall: share of the true positives that are predicted.
    """

    value: float
    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True)
class _Thresholds:
    """Counts at every possible threshold, in descending order; equal scores are not separated."""

    predicted: NDArray[np.float64]
    true_positives: NDArray[np.float64]
    scores: NDArray[np.float64]
    positives: float
    total: int

    @property
    def precision(self) -> NDArray[np.float64]:
        return self.true_positives / self.predicted

    @property
    def recall(self) -> NDArray[np.float64]:
        return (
            self.true_positives / self.positives
            if self.positives
            else np.zeros_like(self.true_positives)
        )

    def at(self, index: int, value: float) -> Threshold:
        low = self.scores[index + 1] if index + 1 < self.scores.size else self.scores[index]
        return Threshold(
            value,
            float((self.scores[index] + low) / 2),
            float(self.precision[index]),
            float(self.recall[index]),
        )


def _thresholds(scores: ArrayLike, labels: ArrayLike, missed: int = 0) -> _Thresholds:
    values = np.asarray(scores, dtype=np.float64).ravel()
    truth = np.asarray(labels).astype(bool).ravel()
    if values.shape != truth.shape or values.size == 0:
        raise ShapeError(
            f"{values.size} scores for {truth.size} labels", hint="give one score for each label"
        )
    order = np.argsort(-values, kind="stable")
    values, truth = values[order], truth[order]
    ends = np.append(np.flatnonzero(np.diff(values)), values.size - 1)
    true_positives = np.cumsum(truth)[ends].astype(np.float64)
    return _Thresholds(
        (ends + 1).astype(np.float64),
        true_positives,
        values[ends],
        float(truth.sum()) + missed,
        truth.size,
    )


def average_precision(scores: ArrayLike, labels: ArrayLike, *, missed: int = 0) -> float:
    """Area under the precision-recall curve, as in scikit-learn; 0 without positives.

    Args:
        scores: `[n]`, higher is more likely positive.
        labels: `[n]`, 1 for a positive.
        missed: positives without a score.

    Raises:
        ShapeError: the lengths differ, or are 0.
    """
    counts = _thresholds(scores, labels, missed)
    return float(np.sum(np.diff(counts.recall, prepend=0.0) * counts.precision))


def best_accuracy(scores: ArrayLike, labels: ArrayLike) -> Threshold:
    """The threshold of the highest accuracy; it may be above all scores.

    Raises:
        ShapeError: the lengths differ, or are 0.
    """
    counts = _thresholds(scores, labels)
    negatives = counts.total - counts.positives
    accuracy = (
        counts.true_positives + negatives - (counts.predicted - counts.true_positives)
    ) / counts.total
    best = int(np.argmax(accuracy))
    if negatives / counts.total > accuracy[best]:
        above = float(np.nextafter(counts.scores[0], np.inf))
        return Threshold(negatives / counts.total, above, 0.0, 0.0)
    return counts.at(best, float(accuracy[best]))


def best_f1(scores: ArrayLike, labels: ArrayLike, *, missed: int = 0) -> Threshold:
    """The threshold of the highest F1.

    Args:
        scores: `[n]`, higher is more likely positive.
        labels: `[n]`, 1 for a positive.
        missed: positives without a score.

    Raises:
        ShapeError: the lengths differ, or are 0.
    """
    counts = _thresholds(scores, labels, missed)
    f1 = 2 * counts.true_positives / (counts.predicted + counts.positives)
    best = int(np.argmax(f1))
    return counts.at(best, float(f1[best]))
