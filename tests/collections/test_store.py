"""The default store, and the translation of the store's errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from likewise.collections.open_collection import open_collection
from likewise.collections.store import default_store, store_errors
from likewise.errors import CollectionError, InputError
from tests.collections.killed import slow_model


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own folder")
@pytest.mark.parametrize("variable", [True, False])
def test_the_default_store_on_linux(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: bool
) -> None:
    monkeypatch.delenv("LIKEWISE_STORE", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    data = tmp_path / ("data" if variable else ".local/share")
    if variable:
        monkeypatch.setenv("XDG_DATA_HOME", str(data))
    assert default_store() == str(data / "likewise" / "collections")


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own folder")
def test_the_default_store_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIKEWISE_STORE", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # a container's user without an entry
    with pytest.raises(InputError, match="no home folder") as caught:
        default_store()
    assert "LIKEWISE_STORE" in caught.value.hint


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, OSError, KeyError])
def test_a_mistake_of_our_own_passes_as_it_is(kind: type[Exception]) -> None:
    mistake = kind("of our own")
    with pytest.raises(kind) as caught, store_errors("cannot write", "check the disk"):
        raise mistake
    assert caught.value is mistake


def test_what_the_store_raises_is_translated(tmp_path: Path) -> None:
    made = open_collection("c", store=tmp_path, model=slow_model(), create=True, chunk_tokens=0)
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
