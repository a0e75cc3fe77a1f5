"""Columns of training data, found by their names."""

from __future__ import annotations

from typing import Any

import pytest

from likewise.errors import InputError
from likewise.training.columns import Layout, find_layout


@pytest.mark.parametrize(
    ("row", "layout"),
    [
        ({"question": "a", "answer": "b"}, Layout("pairs", "question", "answer")),
        ({"Answer": "b", "Question": "a", "id": 1}, Layout("pairs", "Question", "Answer")),
        (
            {"anchor": "a", "positive": "b", "negative": "c"},
            Layout("pairs", "anchor", "positive", ("negative",)),
        ),
        (
            {"query": "a", "pos": ["b"], "neg": ["c", "d"]},
            Layout("pairs", "query", "pos", ("neg",)),
        ),
        (
            {"anchor": "a", "positive": "b", "negative_1": "c", "negative_2": "d"},
            Layout("pairs", "anchor", "positive", ("negative_1", "negative_2")),
        ),
        (
            {"genre": "x", "score": "2.5", "sentence1": "a", "sentence2": "b"},
            Layout("scored", "sentence1", "sentence2", (), "score"),
        ),
        ({"label": "card", "text": "a"}, Layout("labeled", "text", None, (), "label")),
        ({"set": ["a", "b", "c"]}, Layout("sets", "set")),
        (["a", "b"], Layout("pairs", 0, 1)),
        (["a", "b", "c"], Layout("pairs", 0, 1, (2,))),
    ],
)
def test_layouts(row: Any, layout: Layout) -> None:
    assert find_layout(row, "data.jsonl") == layout


def test_columns_by_name() -> None:
    row = {"subject": "a", "reply": "b", "text": "c", "label": "d"}
    named = {"anchor": "subject", "positive": "reply"}
    assert find_layout(row, "data.csv", named) == Layout("pairs", "subject", "reply")


@pytest.mark.parametrize(
    ("row", "named", "message"),
    [
        ("a line", {}, "single texts"),
        ({"x": "a", "y": "b"}, {}, "x, y"),
        ({"x": "a"}, {"anchor": "z"}, "no column 'z'"),
        ({"x": "a"}, {"wrong": "x"}, "unknown role"),
        (["a"], {}, "two or more texts"),
    ],
)
def test_nothing_to_train_on(row: Any, named: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        find_layout(row, "data.csv", named)
    assert caught.value.hint
