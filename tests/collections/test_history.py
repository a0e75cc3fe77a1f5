"""History of a collection: undo, redo, restore, earlier states, compacting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import likewise
from likewise.collections.collection import Collection
from likewise.collections.open_collection import open_collection
from likewise.data.records import Record
from likewise.errors import CollectionError, InputError
from tests.collections.samples import TEXTS, records, texts_of


def test_undo_goes_back_step_by_step_and_can_be_undone_by_indexing(collection: Collection) -> None:
    first = texts_of(collection)
    collection.add(["Two."])
    second = texts_of(collection)
    collection.add(["Three."])
    collection.undo()
    assert texts_of(collection) == second
    collection.undo()
    assert texts_of(collection) == first
    collection.undo()
    assert texts_of(collection) == []
    with pytest.raises(CollectionError, match="nothing to undo"):
        collection.undo()
    collection.add(["Three."])
    assert texts_of(collection) == ["Three."]
    assert [run.action for run in collection.log()] == ["index"] * 3 + ["undo"] * 3 + ["index"]


def test_redo_and_restore_bring_back_what_undo_took(collection: Collection) -> None:
    states = [texts_of(collection)]
    for text in ("Two.", "Three."):
        collection.add([text])
        states.append(texts_of(collection))
    for expected in (states[1], states[0], []):
        collection.undo()
        assert texts_of(collection) == expected
    for expected in states:
        assert collection.target("redo").number
        collection.redo()
        assert texts_of(collection) == expected
    with pytest.raises(CollectionError, match="nothing to redo"):
        collection.redo()
    collection.undo()  # after a redo it goes back as before
    assert texts_of(collection) == states[1]
    collection.restore(1)
    assert texts_of(collection) == states[0]
    with pytest.raises(CollectionError, match="nothing to redo"):
        collection.redo()
    collection.undo()  # of the restore
    assert texts_of(collection) == states[1]
    collection.redo()
    assert texts_of(collection) == states[0]
    collection.undo()
    collection.add(["Four."])  # a new change ends what can be redone
    with pytest.raises(CollectionError, match="nothing to redo"):
        collection.redo()
    collection.compact()
    with pytest.raises(CollectionError, match="no longer stored"):
        collection.restore(1)
    with pytest.raises(CollectionError, match="has no run 99"):
        collection.restore(99)


def test_a_run_that_was_stopped_is_undone_and_cannot_be_redone(collection: Collection) -> None:
    first = texts_of(collection)

    def stopped() -> Iterator[Record]:
        yield from records([f"Number {n}." for n in range(1500)], "/data/b.csv")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.add(stopped())
    collection.refresh()
    assert len(collection) > len(first)  # what was computed is kept
    collection.undo()
    assert texts_of(collection) == first
    with pytest.raises(CollectionError, match="nothing to redo"):
        collection.redo()


def test_earlier_states_can_be_searched_but_not_changed(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    collection.add(records(TEXTS[:2]))
    earlier = open_collection("c", store=tmp_path, model=encoder, as_of=1)
    assert (len(earlier), len(collection)) == (6, 2)
    assert earlier.search(TEXTS[5], 1)[0].text == TEXTS[5]
    with pytest.raises(InputError, match="stays as it was"):
        earlier.add(["x"])
    today = collection.log()[-1].time[:10]
    assert len(open_collection("c", store=tmp_path, model=encoder, as_of=today)) == 2
    for moment in (9, "1999-01-01", "yesterday"):
        with pytest.raises(InputError):
            open_collection("c", store=tmp_path, as_of=moment)


def test_compacting_keeps_the_rows_and_forgets_the_past(
    tmp_path: Path, collection: Collection, encoder: likewise.Encoder
) -> None:
    collection.add(["Two."])
    before = texts_of(collection)
    collection.compact()
    assert texts_of(open_collection("c", store=tmp_path, model=encoder)) == before
    assert collection.summary().whole
    with pytest.raises(CollectionError, match="no longer stored"):
        collection.undo()
    assert collection.search("music", 1)[0].text == TEXTS[0]
