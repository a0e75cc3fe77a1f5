"""The items on which candidates of a comparison differ."""

from __future__ import annotations

import json

import numpy as np
import pytest

from likewise.evaluation.contract import Case, TaskOutcome
from likewise.evaluation.disagreements import MOST, Disagreements


def outcome(name: str, scores: np.ndarray) -> TaskOutcome:
    def case(i: int) -> Case:
        return Case(f"item {i}", "right", f"{name} says {scores[i] >= 0.5} " + "and more " * 90)

    return TaskOutcome({"m": 0.0}, "m", scores, lambda items: float(scores[items].mean()), case)


def of(*scores: np.ndarray) -> Disagreements:
    return Disagreements.of([outcome(f"c{i}", each) for i, each in enumerate(scores)])


def test_the_largest_differences_come_first() -> None:
    base = np.linspace(0, 0.5, 50)
    other = base.copy()
    other[[7, 30, 31]] += (0.1, 0.4, 0.005)
    other[40] -= 0.3
    found = of(base, other).between(0, 1)
    assert [each.item for each in found] == [30, 40, 7], "a difference of 0.005 is none"
    assert [each.difference for each in found] == pytest.approx([-0.4, 0.3, -0.1])
    assert found[0].input == "item 30"
    assert found[0].first.startswith("c0 says False")
    assert found[0].second.startswith("c1 says True")
    assert 270 < len(found[0].first) <= 280
    assert found[0].first.endswith("…")
    assert of(base, other).between(1, 0, most=1)[0].difference == pytest.approx(0.4)
    assert of(base, base).between(0, 1) == []


def test_the_number_of_items_on_which_one_is_higher() -> None:
    a, b = np.array([0.1, 0.9, 0.5, 0.505]), np.array([0.9, 0.1, 0.4, 0.5])
    assert of(a, b).higher().tolist() == [[0, 2], [1, 0]]


def test_every_two_candidates_are_listed() -> None:
    """Two candidates that are nearly the same have their items, too."""
    rng = np.random.default_rng(0)
    first, third = rng.random(300), rng.random(300)
    second = first.copy()
    second[123] -= 0.02
    plain = of(first, second, third).to_dict()
    json.dumps(plain)
    listed = [each["input"] for each in plain["items"]]
    assert "item 123" in listed
    assert 10 < len(listed) <= 30
    [item] = [each for each in plain["items"] if each["input"] == "item 123"]
    assert item["scores"] == pytest.approx([first[123], second[123], third[123]], abs=0.001)
    assert plain["texts"][item["predicted"][2]].startswith("c2 says")
    assert len(set(plain["texts"])) == len(plain["texts"])


def test_the_list_is_bounded() -> None:
    many = of(*np.random.default_rng(0).random((30, 5000)))
    items = many.items()
    assert len(items) == MOST
    for first, second in ((0, 1), (7, 29)):
        shown = {each.item for each in many.between(first, second, 1)}
        assert shown <= set(items), "the largest difference of every two is there"
