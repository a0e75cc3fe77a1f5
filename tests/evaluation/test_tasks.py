"""One suite over every task, then what is special to each."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytrec_eval
import sklearn.cluster
import sklearn.metrics

from likewise.evaluation import Task, embed
from likewise.evaluation.tasks import (
    BitextMining,
    Classification,
    Clustering,
    DuplicateMining,
    PairClassification,
    Reranking,
    Retrieval,
    Sts,
)
from likewise.evaluation.tasks.reranking import Candidates

ANIMALS = [f"the {a} {v} in the grass" for a in ("cat", "dog", "cow") for v in ("eats", "sleeps")]
MACHINES = [
    f"a {m} engine {v} loudly" for m in ("train", "car", "plane") for v in ("runs", "stops")
]
TEXTS = ANIMALS + MACHINES
LABELS = ["animal"] * 6 + ["machine"] * 6
CORPUS = {f"d{i}": text for i, text in enumerate(TEXTS)}
JUDGED = {"a": {"d0": 1}, "b": {"d11": 1}}
AGAIN = [f"{text} today" for text in TEXTS]

TASKS: list[Task] = [
    Sts("sts", TEXTS[:4], [TEXTS[0], TEXTS[0], TEXTS[9], TEXTS[9]], [5, 4, 1, 0.5]),
    PairClassification("pairs", TEXTS[:4], [TEXTS[0], TEXTS[0], TEXTS[9], TEXTS[9]], [1, 1, 0, 0]),
    Classification("classes", TEXTS[::2], LABELS[::2], TEXTS[1::2], LABELS[1::2], samples=2),
    Clustering("clusters", TEXTS, LABELS, sample=64),
    Retrieval("retrieval", {"a": "cat eats", "b": "plane stops"}, CORPUS, JUDGED),
    Reranking("reranking", [Candidates("cat eats", TEXTS[:1], TEXTS[6:])]),
    BitextMining("bitext", TEXTS, AGAIN),
    DuplicateMining("duplicates", [*TEXTS, *AGAIN], [str(i) for i in range(12)] * 2),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.type)
def test_every_task(task: Task, model: Any) -> None:
    outcome = task.run(model)
    assert 0.9 < outcome.score <= 1 + 1e-9, "the toy data is easy"
    assert all(isinstance(v, float) and np.isfinite(v) for v in outcome.scores.values())
    assert outcome.per_item_scores.ndim == 1
    assert (outcome.per_item_scores >= 0).all()
    assert (outcome.per_item_scores <= 1).all()
    every = np.arange(len(outcome.per_item_scores))
    if task.type != "Clustering":  # its score is a mean over several clusterings of samples
        assert outcome.resample(every) == pytest.approx(outcome.score)
    worst = outcome.case(int(np.argmin(outcome.per_item_scores)))
    assert worst.input
    assert worst.expected
    assert worst.predicted


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.type)
def test_random_vectors_score_lower(task: Task, model: Any) -> None:
    class RandomEncoder:
        """Random vectors, the same for equal texts."""

        def encode(self, sentences: list[str]) -> np.ndarray:
            seeds = [sum(text.encode()) for text in sentences]
            return np.stack([np.random.default_rng(s).normal(size=8) for s in seeds])

    if task.type in ("Reranking", "STS", "PairClassification"):
        return  # too few items: random vectors may order them correctly
    assert task.run(RandomEncoder()).score < task.run(model).score


def test_equal_texts_are_encoded_once(model: Any) -> None:
    vectors = embed(model, ["a b", "c", "a b"])
    assert model.encoded == ["a b", "c"]
    assert (vectors[0] == vectors[2]).all()


def test_queries_and_documents_are_encoded_by_their_methods() -> None:
    class Prompted:
        def encode(self, sentences: list[str]) -> np.ndarray:
            raise AssertionError(sentences)

        def encode_query(self, sentences: list[str]) -> np.ndarray:
            return np.eye(2, dtype=np.float32)[: len(sentences)]

        encode_document = encode_query

    task = Retrieval("r", {"q": "x"}, {"d": "y", "e": "z"}, {"q": {"d": 1}})
    assert task.run(Prompted()).score == 1


def test_retrieval_equals_trec_eval_with_ties() -> None:
    class Corners:
        """Corners of a cube, so that scores are exact and often equal."""

        def encode(self, sentences: list[str]) -> np.ndarray:
            bits = [[int(b) for b in f"{int(text) % 16:04b}"] for text in sentences]
            return np.array(bits, np.float32) - np.float32(0.5)

    rng = np.random.default_rng(3)
    corpus = {f"d{i}": str(i) for i in rng.permutation(1500)}
    queries = {f"q{i}": str(i) for i in range(8)}
    relevant = {q: {f"d{i}": 1 + int(i % 2) for i in rng.permutation(1500)[:9]} for q in queries}
    outcome = Retrieval("r", queries, corpus, relevant).run(Corners())
    sides = [Corners().encode(list(texts.values())) for texts in (queries, corpus)]
    run = {
        q: dict(zip(corpus, row.astype(float).tolist(), strict=True))
        for q, row in zip(queries, sides[0] @ sides[1].T, strict=True)
    }
    measures = {"ndcg_cut.1,10,100", "map_cut.10,1000", "recall.10,100", "P.3,10"}
    expected = pytrec_eval.RelevanceEvaluator(relevant, measures).evaluate(run)
    names = {"ndcg": "ndcg_cut", "map": "map_cut", "recall": "recall", "precision": "P"}
    for ours, theirs in names.items():
        for depth in (1, 3, 10, 100, 1000):
            if f"{theirs}_{depth}" in expected["q0"]:
                mean = np.mean([e[f"{theirs}_{depth}"] for e in expected.values()])
                assert outcome.scores[f"{ours}_at_{depth}"] == pytest.approx(mean, abs=1e-9)


def test_a_document_with_the_querys_id_can_be_left_out(model: Any) -> None:
    corpus = {"1": "cat eats", "2": "cat sleeps"}
    judged = {"1": {"2": 1}}
    assert Retrieval("r", {"1": "cat eats"}, corpus, judged).run(model).score < 1
    assert (
        Retrieval("r", {"1": "cat eats"}, corpus, judged, skip_same_id=True).run(model).score == 1
    )


def test_classification_samples_equal_mteb() -> None:
    from mteb.abstasks import AbsTaskClassification

    datasets = pytest.importorskip("datasets")
    labels = [f"l{i}" for i in np.random.default_rng(0).integers(0, 5, 200)]
    rows = datasets.Dataset.from_dict({"text": labels, "label": labels})

    class Theirs(AbsTaskClassification):
        seed = 42

        def __init__(self) -> None:
            pass

    Theirs.__abstractmethods__ = frozenset()
    order, expected = None, []
    for run in range(10):
        _, order, picked = Theirs()._undersample_data(rows, run, order)
        expected.append(picked)
    assert Classification("c", labels, labels, [], [])._draws() == expected


def test_clustering_equals_mteb(model: Any) -> None:
    import random

    from mteb.abstasks.clustering import _evaluate_clustering_bootstrapped

    vectors = model.encode(TEXTS)
    theirs, _ = _evaluate_clustering_bootstrapped(
        vectors,
        [[label] for label in LABELS],
        n_clusters=10,
        cluster_size=64,
        kmean_batch_size=512,
        max_depth=None,
        rng_state=random.Random(42),
        seed=42,
    )
    ours = Clustering("c", TEXTS, LABELS, sample=64).run(model)
    assert ours.score == pytest.approx(np.mean(theirs["v_measure"]["Level 0"]))


def test_clustering_by_set_is_that_of_mteb(model: Any) -> None:
    texts, labels = [*TEXTS, *AGAIN[3:9]], [*LABELS, *LABELS[3:9]]
    sets = [0] * len(TEXTS) + [1] * 6
    expected = []
    for number in (0, 1):
        rows = [i for i, each in enumerate(sets) if each == number]
        means = sklearn.cluster.MiniBatchKMeans(2, batch_size=500, n_init="auto", random_state=42)
        clusters = means.fit_predict(model.encode([texts[i] for i in rows]))
        truth = [labels[i] for i in rows]
        expected.append(sklearn.metrics.v_measure_score(truth, clusters))
    task = Clustering("c", texts, labels, by_set=True, sets=sets)
    assert task.run(model).score == pytest.approx(np.mean(expected))


def test_clustering_of_a_part_draws_the_texts_of_mteb(model: Any) -> None:
    whole = Clustering("c", TEXTS, LABELS, sample=64)
    rows = random.Random(42).sample(range(12), k=6)
    part = replace(whole, fraction=0.5)
    assert part._used(random.Random(42)) == rows
    outcome = part.run(model)
    assert len(outcome.per_item_scores) == 6
    assert outcome.case(0).input == TEXTS[rows[0]]
    assert replace(whole, most=6)._used(random.Random(42)) == rows


def test_mined_pairs_equal_all_pairs(model: Any) -> None:
    texts = [*TEXTS, *AGAIN]
    groups = np.array([str(i // 2) for i in range(12)] * 2)
    outcome = DuplicateMining("d", texts, groups.tolist()).run(model)
    first, second = np.triu_indices(len(texts), 1)
    vectors = model.encode(texts)
    expected = sklearn.metrics.average_precision_score(
        groups[first] == groups[second], (vectors[first] * vectors[second]).sum(1)
    )
    assert outcome.score == pytest.approx(expected, abs=1e-6)
    few = DuplicateMining("d", texts, groups.tolist(), neighbors=1).run(model)
    assert few.scores["recall"] < outcome.scores["recall"]


def test_items_of_duplicates_are_the_same_for_every_model(model: Any) -> None:
    """Which pairs are mined depends on the model; the texts do not."""

    class Reversed:
        def encode(self, sentences: list[str]) -> Any:
            return model.encode([text[::-1] for text in sentences])

    groups = [*(str(i) for i in range(11)), ""] * 2
    task = DuplicateMining("d", [*TEXTS, *AGAIN], groups, neighbors=2)
    outcomes = [task.run(each) for each in (model, Reversed())]
    draws = np.random.default_rng(0).integers(0, 24, (50, 24))
    for outcome in outcomes:
        assert outcome.per_item_scores.shape == (24,)
        assert outcome.resample(np.arange(24)) == pytest.approx(outcome.score)
        values = [outcome.resample(items) for items in draws]
        assert np.std(values) > 0
        assert all(0 <= value <= 1 + 1e-9 for value in values)
    case = outcomes[0].case(0)
    assert (case.input, case.expected) == (TEXTS[0], AGAIN[0])
    assert outcomes[0].case(11).expected == "no duplicates"


def test_a_threshold_decides_about_pairs(model: Any) -> None:
    """Counts of the tasks against the similarities of the texts themselves."""
    judged = {"a": {"d0": 1, "d1": 2, "gone": 1, "d3": 0}, "b": {"d11": 1}}
    task = Retrieval("r", {"a": TEXTS[0], "b": "plane stops"}, CORPUS, judged)
    counts = task.run(model).pairs
    assert counts is not None
    vectors = model.encode([TEXTS[0], "plane stops", *TEXTS])
    scores = vectors[:2] @ vectors[2:].T
    relevant = np.array([*scores[0, :2], scores[1, 11]])
    others = np.sort(np.delete(scores[0], [0, 1]))[::-1][:10]
    others = np.concatenate([others, np.sort(np.delete(scores[1], 11))[::-1][:10]])
    for threshold in (-1, 0.3025, 0.6025, 0.9025):
        decision = counts.at(threshold)
        least = decision.threshold
        assert decision.right == (relevant >= least).sum()
        assert decision.wrong == (others >= least).sum()
        assert decision.missed == (relevant < least).sum() + 1, "one is not in the corpus"
    reranking = Reranking("r", [Candidates("cat eats", TEXTS[:1], TEXTS[6:])]).run(model).pairs
    assert reranking is not None
    assert (reranking.at(-1).right, reranking.at(-1).wrong) == (1, 6)
    assert BitextMining("b", TEXTS, AGAIN).run(model).pairs is None
