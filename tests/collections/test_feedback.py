"""Corrections are stored beside the collection, once for each query and chunk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from likewise.collections.collection import Collection
from likewise.collections.feedback import training_rows
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.errors import InputError


def test_the_last_word_about_a_chunk_counts(collection: Collection) -> None:
    first, second = collection.search("money back", 2)
    collection.feedback.add("money back", better=[first], wrong=[second])
    collection.feedback.add(" money back ", better=[second])
    found = collection.feedback.list()
    assert {each.hit: each.verdict for each in found} == {first.id: "better", second.id: "better"}
    assert found[0].text == first.text
    assert collection.feedback.list("another query") == []


def test_rows_for_training(collection: Collection) -> None:
    hits = collection.search("money back", 3)
    collection.feedback.add("money back", better=hits[:1], wrong=hits[1:])
    collection.feedback.add("bread", wrong=hits[:1])
    [row] = training_rows(collection.feedback.list())
    assert (row.query, row.pos) == ("money back", (hits[0].text,))
    assert set(row.neg) == {hit.text for hit in hits[1:]}


def test_it_outlives_undo_and_goes_with_the_collection(collection: Collection) -> None:
    [hit] = collection.search("money back", 1)
    collection.feedback.add("money back", better=[hit])
    collection.undo()
    assert len(open_collection("c", store=collection.store).feedback.list()) == 1
    collection.redo()
    collection.compact()
    assert len(collection.feedback.list()) == 1
    assert collection.store.names() == ["c"]
    collection.store.remove("c")
    assert collection.store.companion("c", "feedback") is None
    folder = collection.store.folder
    assert folder is not None
    assert list(folder.iterdir()) == []


def test_removing(collection: Collection) -> None:
    hits = collection.search("money back", 2)
    first, _ = collection.feedback.add("money back", better=hits)
    with pytest.raises(InputError, match="no correction 'x'"):
        collection.feedback.remove([first.id, "x"])
    assert collection.feedback.remove([first.id]) == 1
    assert [each.hit for each in collection.feedback.list()] == [hits[1].id]


def test_bad_input(collection: Collection) -> None:
    [hit] = collection.search("money back", 1)
    with pytest.raises(InputError, match="query is empty"):
        collection.feedback.add("  ", better=[hit])
    with pytest.raises(InputError, match="no hit"):
        collection.feedback.add("money back")
    with pytest.raises(InputError, match="both better and wrong"):
        collection.feedback.add("money back", better=[hit], wrong=[hit])
    assert collection.feedback.list() == []
    with pytest.raises(InputError, match="no name for a collection"):
        Store(collection.store.address).open("c.-feedback")


PROGRAM = """
import sys
from likewise.collections.contract import Hit
from likewise.collections.feedback import Feedback
from likewise.collections.store import Store
feedback = Feedback(Store(sys.argv[1]), "c")
for n in range(5):
    feedback.add(f"query {sys.argv[2]} {n}", better=[Hit(str(n), "text", 0.0, "cosine")])
"""


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    running = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [process.wait() for process in running] == [0, 0]
    table = Store(tmp_path).companion("c", "feedback")
    assert table is not None
    assert table.count_rows() == 10
