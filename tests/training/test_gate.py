"""Verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from likewise.evaluation.tasks import Retrieval, Sts
from likewise.training.gate import Change, changes, judge, measure
from likewise.training.general import general_tasks, groups
from tests.training.conftest import SUBJECTS

DEV = Change("held-out part", "ndcg_at_10", "dev", 300, 60.0, 70.0, 6.0, 14.0)
GENERAL = Change("general pairs", "cosine_spearman", "general", 370, 90.0, 89.8, -0.9, 0.5)


def test_better_and_not_worse_elsewhere() -> None:
    verdict = judge([DEV, GENERAL], 0.5)
    assert verdict.promoted
    assert "rose from 60.0 to 70.0" in verdict.sentence


@pytest.mark.parametrize(
    ("change", "reason", "advice"),
    [
        (replace(GENERAL, after=89.4), "general pairs fell from 90.0 to 89.4", "learning rate"),
        (replace(DEV, low=-0.1), "did not rise beyond chance", "more data"),
        (replace(DEV, after=50.0, low=-12.0, high=-8.0), "fell", "belong together"),
        (replace(GENERAL, after=float("nan")), "not numbers", "learning rate"),
    ],
)
def test_refused(change: Change, reason: str, advice: str) -> None:
    found = [DEV if change.purpose == "general" else GENERAL, change]
    verdict = judge(found, 0.5)
    assert not verdict.promoted
    assert reason in verdict.sentence
    assert advice in verdict.advice
    assert verdict.to_dict()["promoted"] is False


class Words:
    """Encodes texts as the words in them; some words are unknown to it."""

    def __init__(self, unknown: int = 0) -> None:
        self._words = SUBJECTS[unknown:]

    def encode(self, sentences: list[str], /) -> np.ndarray:
        counts = [[float(word in text.split()) for word in self._words] for text in sentences]
        return np.array(counts, np.float32) + 1e-3


def test_changes_are_measured_on_the_same_items() -> None:
    pairs = [(f"the {s}", f"a {s}", 5.0) for s in SUBJECTS]
    pairs += [(f"the {s}", f"a {t}", 0.0) for s, t in pairwise(SUBJECTS)]
    firsts, seconds, ratings = zip(*pairs, strict=True)
    task = Sts("words", firsts, seconds, ratings)
    before, after = measure(Words(12), [(task, "dev")]), measure(Words(), [(task, "dev")])
    (change,) = changes(before, after)
    assert change.difference > 0
    assert change.low > 0
    assert judge([change], 0.5).promoted
    (same,) = changes(after, after)
    assert same.low == same.high == same.difference == 0
    assert not judge([same], 0.5).promoted


def test_the_general_set() -> None:
    rated, search = general_tasks()
    assert isinstance(rated, Sts)
    assert isinstance(search, Retrieval)
    assert len(rated.first) > 350
    assert len(search.queries) == len(groups()) > 100
    texts = [
        text for group in groups() for text in (group.sentence, group.paraphrase, group.related)
    ]
    assert all(text == text.strip() and text for text in texts)
    assert len({g.sentence for g in groups()}) == len(groups())
