"""Metrics equal independent implementations on random data, including ties."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.errors import ShapeError
from likewise.evaluation import metrics

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=60, deadline=None)


def tied(rng: np.random.Generator, n: int) -> np.ndarray:
    """Numbers with many ties."""
    return rng.integers(0, max(2, n // 3), n) / 7


@few
@given(seeds, st.integers(3, 60))
def test_correlations_equal_scipy(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = tied(rng, n), rng.normal(size=n)
    if np.ptp(a) == 0:
        a[0] += 1
    assert metrics.pearson(a, b) == pytest.approx(scipy.stats.pearsonr(a, b)[0], abs=1e-12)
    assert metrics.spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a, b)[0], abs=1e-12)
    assert (metrics.ranks(a) == scipy.stats.rankdata(a)).all()


def test_the_correlation_with_a_constant_is_nan() -> None:
    assert np.isnan(metrics.spearman([1, 1, 1], [1, 2, 3]))


@few
@given(seeds, st.integers(2, 60))
def test_average_precision_equals_sklearn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = tied(rng, n), rng.integers(0, 2, n)
    labels[0] = 1
    expected = sklearn.metrics.average_precision_score(labels, scores)
    assert metrics.average_precision(scores, labels) == pytest.approx(expected, abs=1e-12)


@few
@given(seeds, st.integers(2, 40))
def test_best_thresholds_have_the_highest_score(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = tied(rng, n), rng.integers(0, 2, n)
    thresholds = [*np.unique(scores), scores.max() + 1]
    for best, metric in (
        (metrics.best_accuracy, sklearn.metrics.accuracy_score),
        (metrics.best_f1, lambda t, p: sklearn.metrics.f1_score(t, p, zero_division=0)),
    ):
        found = best(scores, labels)
        assert found.value == pytest.approx(max(metric(labels, scores >= t) for t in thresholds))
        assert metric(labels, scores >= found.threshold) == pytest.approx(found.value)
    predicted = scores >= metrics.best_f1(scores, labels).threshold
    found = metrics.best_f1(scores, labels)
    assert found.precision == pytest.approx(
        sklearn.metrics.precision_score(labels, predicted, zero_division=0)
    )
    assert found.recall == pytest.approx(
        sklearn.metrics.recall_score(labels, predicted, zero_division=0)
    )


def test_missed_pairs_lower_recall() -> None:
    assert metrics.average_precision([0.9, 0.8], [1, 1], missed=2) == pytest.approx(0.5)
    assert metrics.best_f1([0.9, 0.8], [1, 1], missed=2).recall == pytest.approx(0.5)


@few
@given(seeds, st.integers(1, 40))
def test_ranking_equals_trec_eval(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    ids = [f"d{i}" for i in rng.permutation(200)[:n]]
    scores = tied(rng, n)
    judged = {f"d{i}": int(rng.integers(0, 4)) for i in rng.permutation(200)[:30]}
    depths = (1, 3, 10, 100)
    listed = ",".join(map(str, depths))
    names = {"ndcg": "ndcg_cut", "map": "map_cut", "recall": "recall", "precision": "P"}
    evaluator = pytrec_eval.RelevanceEvaluator(
        {"q": judged}, {f"{name}.{listed}" for name in names.values()} | {"recip_rank"}
    )
    expected = evaluator.evaluate({"q": dict(zip(ids, scores.tolist(), strict=True))})["q"]
    order = metrics.trec_order(scores, ids)
    relevance = [judged.get(ids[i], 0) for i in order]
    for ours, theirs in names.items():
        for depth in depths:
            value = getattr(metrics, f"{ours}_at")(relevance, list(judged.values()), depth)
            assert value == pytest.approx(expected[f"{theirs}_{depth}"], abs=1e-9), (ours, depth)
    everything = metrics.mrr_at(relevance, list(judged.values()), n)
    assert everything == pytest.approx(expected["recip_rank"], abs=1e-9)


@few
@given(seeds, st.integers(1, 60))
def test_v_measure_equals_sklearn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    labels, clusters = rng.integers(0, 5, n), rng.integers(0, 4, n)
    expected = sklearn.metrics.v_measure_score(labels, clusters)
    assert metrics.v_measure(labels, clusters) == pytest.approx(expected, abs=1e-9)


@few
@given(seeds, st.integers(1, 60))
def test_class_report_equals_sklearn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, 5, n), rng.integers(0, 6, n)
    report = metrics.class_report(truth, predicted)
    theirs = sklearn.metrics
    assert report.accuracy == pytest.approx(theirs.accuracy_score(truth, predicted))
    assert report.f1 == pytest.approx(theirs.f1_score(truth, predicted, average="macro"))
    for name in ("f1", "precision", "recall"):
        expected = getattr(theirs, f"{name}_score")(
            truth, predicted, average="weighted", zero_division=0
        )
        assert getattr(report, f"{name}_weighted") == pytest.approx(expected)


@pytest.mark.parametrize(
    "metric",
    [
        metrics.spearman,
        metrics.average_precision,
        metrics.best_f1,
        metrics.v_measure,
        metrics.class_report,
    ],
)
def test_unequal_lengths_are_refused(metric: object) -> None:
    with pytest.raises(ShapeError, match=r"[23]"):
        metric([1, 2, 3], [1, 2])  # type: ignore[operator]
