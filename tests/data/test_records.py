"""Texts out of every kind of file, and what becomes of files that are not what they should be."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from likewise.data import Skipped, read_records, read_texts
from likewise.errors import InputError, RecordError

TEXTS = ["A man is eating.", '他说："你好，世界"', 'commas, "quotes" and 😀']
CSV = 'id,Sentence\n1,A man is eating.\n2,"他说：""你好，世界"""\n3,"commas, ""quotes"" and 😀"\n'
TSV = 'id\tsentence\n1\tA man is eating.\n2\t他说："你好，世界"\n3\tcommas, "quotes" and 😀\n'
FILES = {
    "a.txt": "\n".join(TEXTS),
    "a.md": "\n\n".join(TEXTS) + "\n \n",
    "no-suffix": "\r\n".join(TEXTS),
    "a.csv": CSV,
    "A.CSV": "\ufeff" + CSV.replace("\n", "\r\n"),
    "a.tsv": TSV,
    "excel.tsv": TSV.replace('他说："你好，世界"', '"他说：""你好，世界"""'),
    "a.jsonl": "".join(json.dumps({"n": 1, "content": text}) + "\n\n" for text in TEXTS),
    "b.ndjson": "".join(json.dumps(text) + "\n" for text in TEXTS),
    "a.json": json.dumps([{"sentence": text, "label": None} for text in TEXTS]),
    "b.json": "\ufeff" + json.dumps(TEXTS, indent=1),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("zipped", [False, True])
def test_every_kind_gives_the_same_texts(tmp_path: Path, name: str, zipped: bool) -> None:
    data = FILES[name].encode()
    path = tmp_path / (name + (".gz" if zipped else ""))
    path.write_bytes(gzip.compress(data) if zipped else data)
    assert read_texts(path, unit="line") == TEXTS


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"id": [1, 2, 3], "sentence": TEXTS}), path)
    records = list(read_records(path))
    assert [r.text for r in records] == TEXTS
    assert (records[2].fields, records[2].line, records[2].column) == ({"id": 3}, 3, "sentence")


def test_a_record_tells_where_it_came_from(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"two\nlines"\n2,b\n')
    first, second = read_records(path)
    assert (first.text, first.fields, first.column) == ("two\nlines", {"id": "1"}, "text")
    assert (second.source, second.line) == (str(path), 4)


def test_the_column_is_chosen_or_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,name,Title\n1,x,y\n")
    assert read_texts(path) == ["y"]
    assert read_texts(path, column="name") == ["x"]
    path.write_text("n,name\n1,x\n")
    assert read_texts(path) == ["x"]
    with pytest.raises(InputError, match="no column 'nome'") as caught:
        read_texts(path, column="nome")
    assert caught.value.hint == "its columns: n, name"
    path.write_text("n,m\n1,2\n")
    with pytest.raises(InputError, match="no text column"):
        read_texts(path)


NESTED = [
    {"id": 1, "body": {"text": "first", "lang": "en"}, "tags": [{"name": "x"}]},
    {"id": 2, "body": {"text": "second"}, "tags": []},
    {"id": 3, "body": None},
    {"id": 4, "body": {"text": {"deep": 1}}},
]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("column", ["body.text", None])
def test_a_column_inside_another_one(tmp_path: Path, name: str, column: str | None) -> None:
    path = tmp_path / name
    lines = [json.dumps(row) for row in NESTED]
    path.write_text("\n".join(lines) if name == "a.jsonl" else f"[{','.join(lines)}]")
    bad: list[Skipped] = []
    first, second = read_records(path, column=column, on_error=bad.append)
    assert (first.text, first.column, second.text) == ("first", "body.text", "second")
    assert first.fields == {"id": 1, "body": {"lang": "en"}, "tags": [{"name": "x"}]}
    assert second.fields == {"id": 2, "tags": []}
    assert [(row.line, row.reason[:35]) for row in bad] == [
        (3, "column 'body.text': nothing instead"), (4, "column 'body.text': a dict instead "),
    ]  # fmt: skip
    assert next(read_records(path, column="tags.0.name", on_error=bad.append)).text == "x"
    with pytest.raises(InputError, match=r"no column 'corpus\.text'") as caught:
        read_texts(path, column="corpus.text")
    assert caught.value.hint == "its columns: id, body.text, body.lang, tags"


def test_a_dot_in_a_name_is_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"body.text": "flat", "body": {"text": "nested"}}\n')
    assert read_texts(path, column="body.text") == ["flat"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO("a\n\n食べる\n".encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert read_texts("-") == ["a", "食べる"]


def test_long_and_odd_texts_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = "word " * 2_000_000
    path.write_text(f'text\n"{long}"\nnul\0inside\n\u202eright to left\n')
    assert read_texts(path) == [long, "nul\0inside", "\u202eright to left"]


def test_it_streams(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('"good"\n{broken\n')
    records = read_records(path)
    assert next(records).text == "good"
    with pytest.raises(RecordError, match="line 2"):
        next(records)


BAD = {
    "latin.txt": ("fine\ncaf\xe9\n".encode("latin-1"), r"line 2: not UTF-8 .* at position 4"),
    "utf16.txt": ("hello".encode("utf-16")[:-1], "is not complete UTF-16"),
    "gbk.csv": ("text\n你好\n".encode("gb18030"), "line 2: not UTF-8"),
    "cells.csv": (b"id,text\n1,a\n2,b,c\n", "line 3: 3 cells, the header has 2"),
    "quote.csv": (b'id,text\n1,"never closed\n2,b\n', "line 2: a quote that begins here"),
    "cells.tsv": (b"id\ttext\n1\n", "line 2: 1 cell, the header has 2"),
    "broken.jsonl": (b'{"text": "a"}\n{"text": \n', "line 2: not valid JSON"),
    "null.jsonl": (b'{"text": "a"}\n{"text": null}\n', "line 2, column 'text': nothing instead"),
    "missing.jsonl": (b'{"text": "a"}\n{"other": "b"}\n', "line 2, column 'text': nothing instead"),
    "number.jsonl": (b'"a"\n17\n', "line 2: an int instead of a text"),
    "surrogate.jsonl": (b'"a"\n"x\\ud800"\n', r"line 2: a lone surrogate \(U\+D800\) at char"),
    "surrogate.json": (b'[{"text": "\\udfff"}]', "item 1, column 'text': a lone surrogate"),
    "object.json": (b'{"text": "a"}', "contains a dict, expected a list"),
    "empty.json": (b"", "not valid JSON"),
    "deep.json": (b"[" * 200_000, "not valid JSON"),
    "cut.txt.gz": (gzip.compress(b"some text " * 999)[:-9], "not a complete gzip file"),
    "plain.txt.gz": (b"no gzip at all", "not a complete gzip file"),
    "bad.parquet": (b"no parquet", "cannot be read as Parquet"),
    "a.docx": (b"", "unknown file format '.docx'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    data, message = BAD[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RecordError, match=message) as caught:
        read_texts(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no such file"):
        read_texts(tmp_path / "gone.txt")
    with pytest.raises(RecordError, match="has no file of a known format"):
        read_texts(tmp_path)
    path = tmp_path / "a.txt"
    path.write_text("a")
    with pytest.raises(InputError, match="has no columns"):
        read_texts(path, column="text")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_an_empty_file_has_no_texts(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    assert read_texts(path) == []
