"""Saved searches belong to the collection: one for each title."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.collections.saved_searches import SavedSearches
from likewise.collections.store import Store
from likewise.errors import InputError


def test_one_of_the_same_title_is_replaced(collection: Collection) -> None:
    searches = collection.saved_searches
    searches.save("Refunds", "money back")
    kept = searches.save(" other ", "bread", mode="hybrid", fold_duplicates=True, view="q=bread")
    last = searches.save("Refunds", "refund", where="line > 0")
    assert searches.list() == [last, kept]
    assert (last.query, last.where, last.mode) == ("refund", "line > 0", "semantic")
    assert (kept.title, kept.mode, kept.fold_duplicates, kept.view) == (
        "other", "hybrid", True, "q=bread",
    )  # fmt: skip
    assert searches.save("", "its query").title == "its query"


def test_they_outlive_undo_and_go_with_the_collection(collection: Collection) -> None:
    collection.saved_searches.save("", "money back")
    collection.undo()
    collection.redo()
    collection.compact()
    assert len(open_collection("c", store=collection.store).saved_searches.list()) == 1
    collection.store.remove("c")
    folder = collection.store.folder
    assert folder is not None
    assert list(folder.iterdir()) == []


def test_removing_by_id_and_title(collection: Collection) -> None:
    searches = collection.saved_searches
    first, second = searches.save("one", "1"), searches.save("two", "2")
    with pytest.raises(InputError, match="no saved search 'three'"):
        searches.remove([first.id, "three"])
    assert searches.remove([first.id, "one", "two"]) == 2
    assert second.id != first.id
    assert searches.list() == []


def test_bad_input(collection: Collection) -> None:
    with pytest.raises(InputError, match="finds everything"):
        collection.saved_searches.save("title", " ")
    with pytest.raises(InputError, match="no title"):
        collection.saved_searches.save(" ", "", where="line > 0")
    with pytest.raises(InputError, match="the title has 201 characters"):
        collection.saved_searches.save("x" * 201, "query")
    assert collection.saved_searches.list() == []


PROGRAM = """
import sys
from likewise.collections.saved_searches import SavedSearches
from likewise.collections.store import Store
searches = SavedSearches(Store(sys.argv[1]), "c")
for n in range(5):
    searches.save(f"search {sys.argv[2]} {n}", "query")
    searches.save("of both", sys.argv[2])
"""


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    running = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [process.wait() for process in running] == [0, 0]
    found = SavedSearches(Store(tmp_path), "c").list()
    assert len(found) == 11
    assert [each.title for each in found].count("of both") == 1
