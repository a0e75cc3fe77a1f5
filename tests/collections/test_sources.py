"""What a collection was indexed from, compared with the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import likewise
from likewise.collections.index_files import index_files
from likewise.collections.open_collection import open_collection
from likewise.collections.sources import ReadingOptions, Sources, SourceStatus
from likewise.collections.store import Store
from likewise.operations.index import IndexRequest, index
from likewise.operations.session import Session
from likewise.operations.sources import (
    StatusRequest,
    SyncRequest,
    collections_status,
    collections_sync,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    made.mkdir()
    for name in ("a", "b", "c"):
        (made / f"{name}.txt").write_text(f"Notes of {name}.\n", "utf-8")
    return made


def status(store: Path) -> list[SourceStatus]:
    collection = open_collection("n", store=store)
    return Sources(Store(store), "n").status(collection.log())


def changes(store: Path) -> dict[str, str]:
    return {Path(c.path).name: c.change for each in status(store) for c in each.changes}


def change_files(folder: Path) -> None:
    (folder / "a.txt").write_text("Other notes.\n", "utf-8")
    (folder / "b.txt").unlink()
    (folder / "d.txt").write_text("New notes.\n", "utf-8")


def test_new_changed_and_gone_files(
    tmp_path: Path, folder: Path, encoder: likewise.Encoder
) -> None:
    store = tmp_path / "store"
    index_files([folder], "n", encoder, store=store)
    assert changes(store) == {}
    assert status(store)[0].unchanged == 3
    change_files(folder)
    assert changes(store) == {"a.txt": "changed", "b.txt": "gone", "d.txt": "new"}
    assert status(store)[0].unchanged == 1
    index_files([folder], "n", encoder, store=store)
    assert changes(store) == {}
    open_collection("n", store=store, model=encoder).undo()
    assert set(changes(store)) == {"a.txt", "c.txt", "d.txt"}  # the run is no longer in effect
    open_collection("n", store=store, model=encoder).redo()
    assert changes(store) == {}
    state = (folder / "c.txt").stat()
    os.utime(folder / "c.txt", ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    assert changes(store) == {"c.txt": "changed"}


def test_each_path_has_its_options(
    tmp_path: Path, folder: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    monkeypatch.chdir(tmp_path)
    index_files(["notes/*.txt"], "n", encoder, store=store, unit="document")
    index_files([Path("notes/a.txt")], "n", encoder, store=store, encoding="utf-8")
    whole, one = sorted(status(store), key=lambda each: "*" not in each.path)
    assert (whole.path, one.path) == (str(folder / "*.txt"), str(folder / "a.txt"))
    assert whole.options == ReadingOptions(unit="document")
    assert one.options == ReadingOptions(encoding="utf-8")
    (folder / "d.txt").write_text("New notes.\n", "utf-8")
    assert changes(store) == {"d.txt": "new"}


def test_a_folder_that_is_gone_loses_nothing(
    tmp_path: Path, folder: Path, encoder: likewise.Encoder
) -> None:
    store = tmp_path / "store"
    index_files([folder], "n", encoder, store=store)
    folder.rename(tmp_path / "elsewhere")
    [found] = status(store)
    assert (found.missing, found.changes) == (True, ())
    assert collections_sync(SyncRequest("n", store=str(store)), Session()).runs == ()
    assert len(open_collection("n", store=store)) == 3


def test_copies_that_go_away_are_not_remembered(
    tmp_path: Path, folder: Path, encoder: likewise.Encoder
) -> None:
    store = tmp_path / "store"
    index_files([folder], "n", encoder, store=store, passing=tmp_path)
    assert status(store) == []


def test_changed_files_are_indexed_again_as_they_were_read(
    tmp_path: Path, folder: Path, model_folder: Path
) -> None:
    session = Session(store=str(tmp_path / "store"))
    table = tmp_path / "table.csv"
    table.write_text("title,question\nOne,What is it?\n", "utf-8")
    for files, column in ((folder, None), (table, "question")):
        request = IndexRequest(
            files=(str(files),), into="n", column=column, model=str(model_folder)
        )
        index(request, session)
    change_files(folder)
    with table.open("a", encoding="utf-8") as file:
        file.write("Two,What else?\n")
    found = collections_status(StatusRequest("n", top=2), session)
    assert (found.new, found.changed, found.gone, found.unchanged) == (1, 2, 1, 1)
    assert (len(found.files), len(found.to_dict()["sources"])) == (2, 2)
    runs = collections_sync(SyncRequest("n"), session).runs
    assert sorted((run.indexed.added, run.indexed.removed) for run in runs) == [(1, 0), (2, 2)]
    texts = {hit.text for hit in session.collection("n").browse(0, 10)}
    assert texts == {"Other notes.", "Notes of c.", "New notes.", "What is it?", "What else?"}
    after = collections_status(StatusRequest("n"), session)
    assert (after.new, after.changed, after.gone) == (0, 0, 0)
