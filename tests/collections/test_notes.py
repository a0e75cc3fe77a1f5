"""Notes belong to the values of a field, one for each."""

from __future__ import annotations

import pytest

from likewise.collections.collection import Collection
from likewise.collections.notes import Notes
from likewise.errors import InputError


def test_a_note_is_replaced_and_removed(collection: Collection) -> None:
    notes = Notes(collection.store, "c")
    notes.write("topic", {"money": "first", "food": "About bread."})
    notes.write("topic", {"money": " second "})
    notes.write("lang", {"money": "another field"})
    assert [(each.value, each.note) for each in notes.list("topic")] == [
        ("food", "About bread."), ("money", "second"),
    ]  # fmt: skip
    assert len(notes.list()) == 3
    assert notes.write("topic", {"money": "", "nothing": ""}) == []
    collection.undo()
    assert [each.value for each in notes.list("topic")] == ["food"]


def test_bad_input(collection: Collection) -> None:
    notes = Notes(collection.store, "c")
    with pytest.raises(InputError, match="needs a field and a value"):
        notes.write("topic", {" ": "note"})
    with pytest.raises(InputError, match="more than 10,000 characters"):
        notes.write("topic", {"money": "x" * 10_001})
    assert notes.list() == []
