"""Predicted classes against true ones: accuracy, precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from likewise.errors import ShapeError


@dataclass(frozen=True)
class ClassReport:
    """How well classes were told apart.

    Attributes:
        accuracy: share of the items put in their class.
        f1: F1 of each class, all classes counting alike (macro).
        f1_weighted: F1 of each class, each counting by its items.
        precision_weighted: precision of each class, each counting by its items.
        recall_weighted: recall of each class, each counting by its items.
    """

    accuracy: float
    f1: float
    f1_weighted: float
    precision_weighted: float
    recall_weighted: float


def class_report(truth: ArrayLike, predicted: ArrayLike) -> ClassReport:
    """Accuracy, F1, precision and recall, as scikit-learn has them with `zero_division=0`.

    Raises:
        ShapeError: the two are not equally long, or empty.
    """
    true, said = np.asarray(truth).ravel(), np.asarray(predicted).ravel()
    if true.shape != said.shape or true.size == 0:
        raise ShapeError(
            f"{said.size} predictions for {true.size} labels",
            hint="give one prediction for each label",
        )
    classes, codes = np.unique(np.concatenate([true, said]), return_inverse=True)
    true, said = codes[: true.size], codes[true.size :]
    support = np.bincount(true, minlength=classes.size).astype(np.float64)
    named = np.bincount(said, minlength=classes.size).astype(np.float64)
    right = np.bincount(true[true == said], minlength=classes.size).astype(np.float64)
    precision = np.divide(right, named, out=np.zeros_like(right), where=named > 0)
    recall = np.divide(right, support, out=np.zeros_like(right), where=support > 0)
    f1 = 2 * right / (support + named)
    weight = support / support.sum()
    return ClassReport(
        accuracy=float(np.mean(true == said)),
        f1=float(f1.mean()),
        f1_weighted=float(f1 @ weight),
        precision_weighted=float(precision @ weight),
        recall_weighted=float(recall @ weight),
    )
