"""Thresholds by percentile, and learned from answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from likewise.analysis.dedup.threshold import (
    LOWEST,
    QUESTIONS,
    LearnedThreshold,
    ThresholdLearner,
    percentile,
    questions,
)
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.vectors import normalize


def test_a_percentile_of_all_pairs_in_any_order() -> None:
    chance = np.random.default_rng(0)
    vectors = normalize(chance.normal(size=(400, 16)))
    scores = (vectors @ vectors.T)[np.triu_indices(400, 1)]
    for percent in (50, 90, 99):
        found = percentile(vectors, percent)
        assert found == pytest.approx(np.percentile(scores, percent), abs=0.01)
        assert found == pytest.approx(percentile(vectors[chance.permutation(400)], percent))
    for bad in (0, 101):
        with pytest.raises(InputError, match="no percentile"):
            percentile(vectors, bad)
    with pytest.raises(InputError, match="no pairs"):
        percentile(vectors[:1], 50)


def answered(truth: float, noise: float, seed: int) -> LearnedThreshold:
    chance = np.random.default_rng(seed)
    scores = np.sort(chance.uniform(LOWEST, 1, 120))
    tuner = ThresholdLearner(scores.tolist())
    for _ in range(QUESTIONS):
        place = tuner.ask()
        assert place is not None
        same = chance.random() < 1 / (1 + np.exp(-(scores[place] - truth) / noise))
        tuner.answer(place, bool(same))
    return tuner.result


def test_twenty_answers_find_the_threshold_and_know_how_sure_it_is() -> None:
    found = [answered(0.83, 0.01, seed) for seed in range(30)]
    assert np.mean([abs(tuned.threshold - 0.83) <= 0.02 for tuned in found]) >= 0.9
    assert np.mean([tuned.low <= 0.83 <= tuned.high for tuned in found]) >= 0.85
    assert np.median([tuned.high - tuned.low for tuned in found]) <= 0.05
    unsure = [answered(0.83, 0.06, seed) for seed in range(30)]
    assert np.mean([tuned.low <= 0.83 <= tuned.high for tuned in unsure]) >= 0.85
    widths = [np.median([t.high - t.low for t in some]) for some in (found, unsure)]
    assert widths[1] > 1.5 * widths[0]


def test_what_is_asked_next_tells_most() -> None:
    tuner = ThresholdLearner(np.linspace(0.5, 1, 101).tolist())
    asked = []
    for _ in range(8):
        place = tuner.ask()
        assert place is not None
        asked.append(0.5 + place / 200)
        tuner.answer(place, asked[-1] >= 0.9)
    assert abs(asked[0] - 0.75) < 0.05  # the middle, where nothing is known
    assert all(abs(similarity - 0.9) < 0.06 for similarity in asked[4:])
    assert len(set(asked)) == 8


def test_skipped_pairs_teach_nothing() -> None:
    tuner = ThresholdLearner([0.7, 0.8])
    before = tuner.result
    tuner.answer(0, None)
    assert tuner.result == before
    tuner.answer(1, True)
    assert tuner.ask() is None
    with pytest.raises(InputError, match="no borderline pairs"):
        ThresholdLearner([])


def test_questions_are_the_same_in_any_order(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    vectors = normalize(chance.normal(size=(10, 12))[chance.integers(10, size=200)]
                        + 0.5 * chance.normal(size=(200, 12)))  # fmt: skip
    texts = [f"text {i}" for i in range(200)]

    def asked(order: list[int], folder: Path) -> set[tuple[frozenset[str], float]]:
        folder.mkdir()
        corpus = EmbeddedCorpus([Record(texts[i]) for i in order], vectors[order], "", folder)
        return {
            (frozenset((corpus.records[q.row].text, corpus.records[q.other].text)), q.similarity)
            for q in questions(corpus)
        }

    first = asked(list(range(200)), tmp_path / "a")
    assert first == asked(chance.permutation(200).tolist(), tmp_path / "b")
    assert len(first) > 50
    assert all(LOWEST <= similarity < 1 for _, similarity in first)
