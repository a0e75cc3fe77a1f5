"""Copies of collections of an object store: servers of S3 and of Azure on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest

import likewise
from likewise.collections import local_copies
from likewise.collections.collection import Collection
from likewise.collections.local_copies import LocalCopies
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.data.records import Record

LARGE = 10**9


@pytest.fixture
def store(object_store: str) -> Store:
    return Store(object_store)


@pytest.fixture
def notes(store: Store, encoder: likewise.Encoder) -> Collection:
    made = open_collection("notes", store=store, model=encoder, create=True)
    made.add(records("A man plays the guitar.", "The bank raised its rates.", "A dog runs."))
    return made


def records(*texts: str, source: str = "a") -> Iterable[Record]:
    return [Record(text, {}, source=source, line=n) for n, text in enumerate(texts)]


def texts(store: Store, encoder: likewise.Encoder, query: str = "animal") -> list[str]:
    """What is read from a store, best first; both by words and by meaning."""
    collection = open_collection("notes", store=store, model=encoder)
    return [hit.text for hit in collection.search(query, 9, mode="hybrid")]


def test_a_copy_follows_the_collection(
    store: Store, notes: Collection, encoder: likewise.Encoder, tmp_path: Path
) -> None:
    copies = LocalCopies(tmp_path / "copies", LARGE)

    def same() -> Store:
        copy = copies.store_of(store, "notes")
        assert copy.folder is not None
        assert copy.folder.is_relative_to(tmp_path)
        assert texts(copy, encoder) == texts(store, encoder)
        return copy

    first = same()
    notes.add(records("A cat sleeps.", "A fish swims.", source="b"))
    assert same() is first
    assert "A cat sleeps." in texts(first, encoder)
    notes.remove([notes.search("dog", 1)[0].id])
    assert "A dog runs." not in texts(same(), encoder)
    notes.undo()
    assert "A dog runs." in texts(same(), encoder)
    notes.compact()
    same()
    notes.add(records("An owl watches.", source="c"))
    folder = Path(first.address, "notes.lance")
    same()
    notes.add(records("A fox hides.", source="d"))
    same()  # what compaction made unused is deleted after the second time
    there = {path.name for path in folder.glob("data/*")}
    assert len(there) <= 4
    assert same() is first
    Store(store.address).remove("notes")
    assert copies.store_of(store, "notes") is store
    assert not folder.exists()


def test_a_collection_that_is_made_again_is_copied_again(
    store: Store, notes: Collection, encoder: likewise.Encoder, tmp_path: Path
) -> None:
    copies = LocalCopies(tmp_path / "copies", LARGE)
    assert "A dog runs." in texts(copies.store_of(store, "notes"), encoder)
    Store(store.address).remove("notes")
    again = open_collection("notes", store=store, model=encoder, create=True)
    again.add(records("A cat chews the trumpet.", "The shop lowered its wages.", "A hen runs."))
    found = texts(copies.store_of(store, "notes"), encoder)
    assert found == texts(store, encoder)
    assert "A hen runs." in found


def test_what_is_large_is_copied_beside_the_readers(
    store: Store,
    notes: Collection,
    encoder: likewise.Encoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_copies, "AT_ONCE", 1000)
    copies = LocalCopies(tmp_path / "copies", LARGE)
    assert copies.store_of(store, "notes") is store  # readers need not wait
    deadline = time.monotonic() + 60
    while copies.store_of(store, "notes") is store:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert texts(copies.store_of(store, "notes"), encoder) == texts(store, encoder)


def test_a_copy_that_was_stopped_is_completed(
    store: Store, notes: Collection, encoder: likewise.Encoder, tmp_path: Path
) -> None:
    first = LocalCopies(tmp_path / "copies", LARGE).store_of(store, "notes")
    files = sorted(path for path in Path(first.address).rglob("*") if path.is_file())
    for path in files[::3]:
        path.unlink()
    damaged = files[1]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = LocalCopies(tmp_path / "copies", LARGE).store_of(store, "notes")
    assert again.address == first.address
    assert texts(again, encoder) == texts(store, encoder)


@pytest.mark.parametrize("limit", [0, 1000])
def test_a_collection_over_the_limit_is_read_where_it_is(
    store: Store, notes: Collection, tmp_path: Path, limit: int
) -> None:
    assert LocalCopies(tmp_path / "copies", limit).store_of(store, "notes") is store
    assert not list(tmp_path.rglob("*.lance"))


def test_stores_that_need_no_copy(store: Store, notes: Collection, tmp_path: Path) -> None:
    copies = LocalCopies(tmp_path / "copies", LARGE)
    here = Store(tmp_path)
    assert copies.store_of(here, "notes") is here
    assert copies.store_of(store, "missing") is store
    nowhere = Store("s3://no-such-bucket-here/x")
    assert copies.store_of(nowhere, "notes") is nowhere
    (tmp_path / "file").touch()
    assert LocalCopies(tmp_path / "file", LARGE).store_of(store, "notes") is store
