"""Planted near-duplicates, and scores of finders."""

from __future__ import annotations

import random

import numpy as np
import pytest

from benchmarks import dedupe
from benchmarks.dedupe import plant, score, tables
from benchmarks.perturb import PERTURBATIONS
from benchmarks.results import Result
from likewise.analysis.dedup.exact import normalized

SENTENCES = [f"This is the sentence number {n}, and it is a short one." for n in range(50)]


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_perturbation_changes_the_text_slightly(name: str) -> None:
    rng = random.Random(0)
    for text in (*SENTENCES, "Go", "a", "今天天气很好"):
        made = PERTURBATIONS[name](text, rng)
        assert normalized(made) != normalized(text)
        assert abs(len(made) - len(text)) <= max(10, len(text) / 4, 30 * (name == "politeness"))


def test_planted_pairs_give_the_rows_of_both_texts() -> None:
    planted = plant(SENTENCES, 20)
    assert len(planted.texts) == 70
    assert len({int(row) for pair in planted.pairs for row in pair}) == 40
    for original, made in planted.pairs:
        assert planted.texts[original] in SENTENCES
        assert planted.texts[made] not in SENTENCES
    assert planted.texts == plant(SENTENCES, 20).texts


def test_score_of_a_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedupe, "THRESHOLD", 0.9)
    angles = np.radians([0, 5, 40, 45, 90, 160])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    planted = dedupe.Planted(list("abcdef"), np.asarray([[0, 1], [2, 3], [4, 5]]))
    row = score({"kept": [0, 2, 3, 4], "seconds": 1.0}, vectors, planted)
    assert (row["planted"], row["planted above threshold"], row["planted found"]) == (3, 2, 1)
    assert row["removed"] == 2
    assert row["removed with near-duplicate kept"] == 0.5  # the last row has no near-duplicate
    assert row["kept with near-duplicate kept"] == 0.5
    rows = {"likewise": row | {"encoding": 10.0, "encoding to disk": 11.0, "peak": 1.0}}
    (table,) = tables(Result("dedupe", "", rows, {}))
    assert table.rows[0][:3] == ("likewise", "2.0", "1.20×")
