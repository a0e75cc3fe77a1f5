"""Metrics of classes: accuracy, precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from likewise.errors import ShapeError


@dataclass(frozen=True)
class ClassReport:
    """Metrics of predicted classes.

    Attributes:
        accuracy: share of correct predictions.
        f1: macro-averaged F1.
        f1_weighted: F1, averaged by class frequency.
        precision_weighted: precision, averaged by class frequency.
        recall_weighted: recall, averaged by class frequency.
    """

    accuracy: float
    f1: float
    f1_weighted: float
    precision_weighted: float
    recall_weighted: float


def class_report(truth: ArrayLike, predicted: ArrayLike) -> ClassReport:
    """Accuracy, F1, precision and recall, as in scikit-learn with `zero_division=0`.

    Raises:
        ShapeError: the lengths differ, or are 0.
    """
    true, found = np.asarray(truth).ravel(), np.asarray(predicted).ravel()
    if true.shape != found.shape or true.size == 0:
        raise ShapeError(
            f"{found.size} predictions for {true.size} labels",
            hint="give one prediction for each label",
        )
    classes, codes = np.unique(np.concatenate([true, found]), return_inverse=True)
    true, found = codes[: true.size], codes[true.size :]
    support = np.bincount(true, minlength=classes.size).astype(np.float64)
    predicted_count = np.bincount(found, minlength=classes.size).astype(np.float64)
    correct = np.bincount(true[true == found], minlength=classes.size).astype(np.float64)
    precision = np.divide(
        correct, predicted_count, out=np.zeros_like(correct), where=predicted_count > 0
    )
    recall = np.divide(correct, support, out=np.zeros_like(correct), where=support > 0)
    f1 = 2 * correct / (support + predicted_count)
    weight = support / support.sum()
    return ClassReport(
        accuracy=float(np.mean(true == found)),
        f1=float(f1.mean()),
        f1_weighted=float(f1 @ weight),
        precision_weighted=float(precision @ weight),
        recall_weighted=float(recall @ weight),
    )
