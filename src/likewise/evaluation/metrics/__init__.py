"""Metrics as pure functions of NumPy arrays, equal to scipy, scikit-learn and trec_eval."""

from likewise.evaluation.metrics.binary import Threshold, average_precision, best_accuracy, best_f1
from likewise.evaluation.metrics.classes import ClassReport, class_report
from likewise.evaluation.metrics.correlation import pearson, ranks, spearman
from likewise.evaluation.metrics.grouping import v_measure
from likewise.evaluation.metrics.ranking import (
    map_at,
    mrr_at,
    ndcg_at,
    precision_at,
    recall_at,
    trec_order,
)

__all__ = [
    "ClassReport",
    "Threshold",
    "average_precision",
    "best_accuracy",
    "best_f1",
    "class_report",
    "map_at",
    "mrr_at",
    "ndcg_at",
    "pearson",
    "precision_at",
    "ranks",
    "recall_at",
    "spearman",
    "trec_order",
    "v_measure",
]
