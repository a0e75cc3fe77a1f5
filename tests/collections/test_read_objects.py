"""Objects that have not changed are not read again; a real S3 server (moto's) on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from likewise.collections.contract import Indexed
from likewise.collections.index_files import index_files
from likewise.collections.open_collection import open_collection
from likewise.data import Skipped
from likewise.data.readers import open_binary
from tests.collections.killed import slow_model
from tests.loopback_s3 import new_bucket, s3_client


@dataclass
class Notes:
    """Objects below a prefix, and a collection of them.

    Attributes:
        bucket: of the objects.
        store: of the collection.
        opened: names of the files and objects that the last run has opened.
        skipped: what the last run could not read.
    """

    bucket: str
    store: Path
    opened: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def put(self, name: str, text: str) -> None:
        s3_client().put_object(Bucket=self.bucket, Key=f"notes/{name}", Body=text.encode())

    def delete(self, name: str) -> None:
        s3_client().delete_object(Bucket=self.bucket, Key=f"notes/{name}")

    def index(self, path: str | Path | None = None, **options: Any) -> Indexed:
        self.opened.clear()
        self.skipped.clear()
        return index_files(
            [path or f"s3://{self.bucket}/notes/"], "c", slow_model(), store=self.store,
            on_error=self.skipped.append, **options,
        )  # fmt: skip

    @property
    def texts(self) -> list[str]:
        table = open_collection("c", store=self.store)._table.to_arrow()
        return sorted(table["text"].to_pylist())


@pytest.fixture
def notes(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Notes:
    made = Notes(new_bucket(server, request.node.name, monkeypatch), tmp_path / "store")

    def recorded(path: str | Path, name: str) -> Any:
        made.opened.append(name.rpartition("/")[2])
        return open_binary(path, name)

    monkeypatch.setattr("likewise.data.records.open_binary", recorded)
    made.put("a.txt", "One.\nTwo.\n")
    made.put("b.txt", "Three.\n")
    assert made.index().added == 3
    assert made.opened == ["a.txt", "b.txt"]
    return made


def test_only_what_has_changed_is_read(notes: Notes) -> None:
    said: list[str] = []
    again = notes.index(on_message=said.append)
    assert notes.opened == []
    assert (again.added, again.removed, again.unchanged, again.records) == (0, 0, 3, 3)
    assert said == ["2 objects unchanged, not read again"]
    notes.put("b.txt", "Seven.\n")  # as long as before, and within the same second
    changed = notes.index()
    assert notes.opened == ["b.txt"]
    assert (changed.added, changed.removed, changed.unchanged) == (1, 1, 2)
    notes.put("c.txt", "Four.\n")
    assert notes.index().added == 1
    assert notes.opened == ["c.txt"]
    notes.index()
    assert notes.opened == []
    assert notes.texts == ["Four.", "One.", "Seven.", "Two."]


def test_an_object_that_comes_back_is_read(notes: Notes) -> None:
    notes.delete("a.txt")
    assert notes.index().removed == 2
    assert notes.opened == []
    notes.put("a.txt", "One.\nTwo.\n")
    assert notes.index().added == 2
    assert notes.opened == ["a.txt"]


def test_all_are_read_after_another_change(notes: Notes) -> None:
    collection = open_collection("c", store=notes.store)
    collection.remove([str(collection._table.to_arrow()["id"][0])])
    assert notes.index().added == 1
    assert notes.opened == ["a.txt", "b.txt"]
    notes.put("c.txt", "Four.\n")
    notes.index()
    open_collection("c", store=notes.store).undo()
    assert notes.index().added == 1
    assert notes.opened == ["a.txt", "b.txt", "c.txt"]
    assert notes.texts == ["Four.", "One.", "Three.", "Two."]


def test_other_runs_of_index_do_not_matter(notes: Notes, tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_text("Five.\n")
    assert notes.index(file).added == 1
    assert notes.index(f"s3://{notes.bucket}/notes/a.txt").unchanged == 2
    assert notes.opened == []
    assert notes.index().unchanged == 3
    assert notes.opened == []
    assert notes.index(file).unchanged == 1
    assert notes.opened == ["more.txt"]


def test_other_settings_and_bad_rows_are_read(notes: Notes) -> None:
    notes.put("b.jsonl", '{"text": "Five.", "body": "Six."}\nno json\n')
    assert notes.index().added == 1
    notes.index()
    assert notes.opened == ["b.jsonl"]
    assert [row.line for row in notes.skipped] == [2]
    notes.put("b.jsonl", '{"text": "Five.", "body": "Six."}\n')
    notes.index()
    notes.index()
    assert notes.opened == []
    found = notes.index(f"s3://{notes.bucket}/notes/*.jsonl", column="body")
    assert notes.opened == ["b.jsonl"]
    assert (found.added, found.removed) == (1, 1)
