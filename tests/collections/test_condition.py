"""Conditions that the store would read in part are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.data.records import Record
from likewise.errors import InputError
from tests.collections.killed import DIMENSION, slow_model

TEXTS = ("One; two.", "It's -- three.", "Four (4.", "Five /* 5.")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("s")
    made = open_collection("c", store=folder, model=slow_model(), create=True, chunk_tokens=0)
    made.add(Record(text, {"n": n}, "/a.txt", n) for n, text in enumerate(TEXTS))
    return made


def found(collection: Collection, where: str) -> set[int]:
    hits = collection.search_vector(np.ones(DIMENSION, np.float32), where=where)
    return {hit.fields["n"] for hit in hits}


@pytest.mark.parametrize(
    "where",
    [
        "n > 2; DROP TABLE c",
        "n > 2; )(",
        "n > 2;",
        "n > 2 -- and the rest",
        "n > -- here\n 2",
        "n > 2 /* and more */",
        "n > 2 garbage",
        "n > 2) OR (1 = 1",
        "n > 2)",
        "(n > 2",
        "n > 2, 1",
        "n > 2 ORDER BY n",
        "n > 2 UNION SELECT 1",
        "text = $$a;b$$",
        "text = 'open",
        "",
        " ",
        "colour = 1",
    ],
)
def test_what_is_not_one_condition_is_refused(collection: Collection, where: str) -> None:
    with pytest.raises(InputError, match="cannot search by the condition") as caught:
        found(collection, where)
    assert caught.value.hint
    assert ".rs:" not in caught.value.message


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("n >= 2", {2, 3}),
        ("(n = 0) OR (n = 3)", {0, 3}),
        ("text = 'One; two.'", {0}),
        ("text = 'It''s -- three.'", {1}),
        ("`text` = 'Four (4.'", {2}),
        ("\"n\" = 3 AND text LIKE '%/*%'", {3}),
        ("text LIKE '%)'", set()),
    ],
)
def test_marks_within_quotes_are_texts(
    collection: Collection, where: str, numbers: set[int]
) -> None:
    assert found(collection, where) == numbers


def test_more_like_and_recommend_check_theirs(collection: Collection, tmp_path: Path) -> None:
    [hit, *_] = collection.search_vector(np.ones(DIMENSION, np.float32))
    for search in (
        lambda: collection.more_like(hit.id, where="n > 2; x"),
        lambda: collection.recommend([hit.id], where="n > 2; x"),
    ):
        with pytest.raises(InputError, match="semicolon"):
            search()
