"""Errors of the store are told in the project's words, and no others are."""

from __future__ import annotations

from pathlib import Path

import pytest

from likewise.collections.open_collection import open_collection
from likewise.collections.store import store_errors
from likewise.errors import CollectionError, InputError
from tests.collections.killed import Slow


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, OSError, KeyError])
def test_a_mistake_of_our_own_passes_as_it_is(kind: type[Exception]) -> None:
    mistake = kind("of our own")
    with pytest.raises(kind) as caught, store_errors("cannot write", "check the disk"):
        raise mistake
    assert caught.value is mistake


def test_what_the_store_raises_is_translated(tmp_path: Path) -> None:
    made = open_collection("c", store=tmp_path, model=Slow(), create=True, chunk_tokens=0)
    with (
        pytest.raises(CollectionError, match="cannot count: ") as caught,
        store_errors("cannot count", "look again"),
    ):
        made._table.count_rows("colour = 1")
    assert caught.value.hint == "look again"
    assert ".rs:" not in caught.value.message
    with (
        pytest.raises(InputError),
        store_errors("cannot read"),
        store_errors("bad condition", kind=InputError, only=("Invalid input",)),
    ):
        made._table.count_rows("colour = 1")
