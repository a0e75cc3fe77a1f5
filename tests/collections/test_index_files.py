"""Indexing files: what is gone, what breaks, and nothing at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import likewise
from likewise.collections.index_files import index_files
from likewise.collections.store import Store
from likewise.data.records import Skipped
from likewise.errors import InputError, RecordError


def test_files_of_a_folder_that_are_gone_go(tmp_path: Path, encoder: likewise.Encoder) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("One.\nTwo.\n")
    (folder / "b.txt").write_text("Three.\n")
    store = tmp_path / "store"
    assert index_files([folder], "n", encoder, store=store).added == 3
    (folder / "b.txt").unlink()
    (folder / "a.txt").write_text("Two.\n")
    result = index_files([folder], "n", encoder, store=store)
    assert (result.removed, result.moved, result.chunks) == (2, 1, 1)


def test_a_file_that_breaks_loses_nothing(tmp_path: Path, encoder: likewise.Encoder) -> None:
    file, store = tmp_path / "a.jsonl", tmp_path / "store"
    file.write_text('{"text": "One."}\n{"text": "Two."}\n')
    index_files([file], "n", encoder, store=store)
    other = tmp_path / "b.txt"
    other.write_text("Three.\n")
    file.rename(tmp_path / "away")
    skipped: list[Skipped] = []
    result = index_files([file, other], "n", encoder, store=store, on_error=skipped.append)
    assert (result.removed, result.chunks, len(skipped)) == (0, 3, 1)


def test_a_folder_that_cannot_be_read_loses_nothing(
    tmp_path: Path, encoder: likewise.Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, store = tmp_path / "notes", tmp_path / "store"
    (folder / "closed").mkdir(parents=True)
    (folder / "a.txt").write_text("One.\nTwo.\n")
    (folder / "closed" / "b.txt").write_text("Three.\n")
    assert index_files([folder], "n", encoder, store=store).added == 3
    real = os.scandir

    def denied(path: str) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)  # root may read every folder
    skipped: list[Skipped] = []
    result = index_files([folder], "n", encoder, store=store, on_error=skipped.append)
    assert (result.removed, result.chunks) == (0, 3)
    assert "Permission denied" in skipped[0].reason


def test_nothing_to_index_is_an_error_and_makes_nothing(
    tmp_path: Path, encoder: likewise.Encoder
) -> None:
    store = tmp_path / "store"
    with pytest.raises(RecordError, match="no such file"):
        index_files([tmp_path / "no.txt"], "n", encoder, store=store, on_error=lambda _: None)
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InputError, match="no text"):
        index_files([tmp_path / "empty.txt"], "n", encoder, store=store)
    assert Store(store).names() == []
