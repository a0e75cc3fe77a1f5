"""Workbooks: what a person sees is what is read; files made to take all memory are refused."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from likewise.data import Limits, Skipped, read_records, read_texts
from likewise.errors import InputError, RecordError

openpyxl = pytest.importorskip("openpyxl")

ROWS: list[list[Any]] = [
    [None, None],
    ["id", "Question", None, "asked", "share", "paid", "text length"],
    [1, "How do I get a refund?", "note", datetime.date(2024, 3, 5), 0.125, True, 0.1 + 0.2],
    [None],
    [2.0, "忘记密码怎么办？", None, datetime.datetime(2024, 3, 5, 14, 30), None, False, -7],
    ["007", "=1+1", None, None, None, None, None, "stray"],
]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell in sheet["E"]:
            cell.number_format = "0.0%"
        for row in sheet["B"]:
            row.data_type = "s" if isinstance(row.value, str) else row.data_type
    book.save(path)
    return path


def test_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Questions=ROWS)
    first, second, third = read_records(path)
    assert (first.text, first.line, first.column) == ("How do I get a refund?", 3, "Question")
    assert dict(first.fields) == {
        "id": "1", "C": "note", "asked": "2024-03-05", "share": "12.5%", "paid": "TRUE",
        "text length": "0.3",
    }  # fmt: skip
    assert (second.text, second.line) == ("忘记密码怎么办？", 5)
    assert second.fields["asked"] == "2024-03-05 14:30:00"
    assert (second.fields["id"], second.fields["text length"]) == ("2", "-7")
    assert (third.text, third.fields["id"], third.fields["H"]) == ("=1+1", "007", "stray")


def test_a_sheet_may_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", One=[["text"], ["a"]], Two=[["text"], ["b"]])
    messages: list[str] = []
    assert read_texts(path, on_message=messages.append) == ["a"]
    assert f"{path} is read from its sheet 'One'; it also has 'Two'" in messages
    assert read_texts(path, sheet="Two") == ["b"]
    with pytest.raises(InputError, match="no sheet 'Three'") as caught:
        read_texts(path, sheet="Three")
    assert caught.value.hint == "its sheets: One, Two"


def test_columns_of_one_name_stay_apart(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", S=[["text", "n", "n"], ["a", 1, 2]])
    assert dict(next(read_records(path)).fields) == {"n": "1", "n (C)": "2"}


def rewritten(path: Path, part: str, content: bytes) -> None:
    """Put other content into a part of a workbook."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = content
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    path.write_bytes(packed.getvalue())


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}'
    "</sheetData></worksheet>"
)
CELL = '<row r="{0}"><c r="{1}{0}" t="inlineStr"><is><t>text</t></is></c></row>'


def test_a_sheet_that_is_nearly_empty_takes_no_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", S=[["text"]])
    cells = CELL.format(1, "A") + CELL.format(2, "A") + CELL.format(2**20, "XFD")
    rewritten(path, "xl/worksheets/sheet1.xml", SHEET.format(cells).encode())
    records = list(read_records(path))
    assert [(record.line, record.text) for record in records] == [(2, "text"), (2**20, "")]
    cells = CELL.format(1, "A") + CELL.format(10**15, "A")
    rewritten(path, "xl/worksheets/sheet1.xml", SHEET.format(cells).encode())
    with pytest.raises(RecordError, match="a row above 1,048,576"):
        list(read_records(path))


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", S=[["text"], ["a"]])
    rewritten(path, "xl/sharedStrings.xml", b" " * 30_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(RecordError, match="has 29 MiB of decompressed data; the limit is 1 MiB"):
        list(read_records(path, limits=Limits(file=2**20)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 cut", "cannot be read as a workbook"),
        (b"", "cannot be read as a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "encrypted, or in the older format"),
    ],
)
def test_what_is_no_workbook_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(RecordError, match=message) as caught:
        read_texts(path)
    assert str(path) in caught.value.message
    bad: list[Skipped] = []
    assert read_texts(path, on_error=bad.append) == []
    assert bad[0].line == 0


def test_a_workbook_is_a_table_of_an_evaluation(tmp_path: Path) -> None:
    from likewise.data.table import read_table

    path = workbook(tmp_path / "a.xlsx", S=[["text1", "text2", "score"], ["a", "b", 0.5]])
    assert read_table(path).columns == {"text1": ["a"], "text2": ["b"], "score": ["0.5"]}
