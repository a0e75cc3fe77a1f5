"""No file takes all memory: long lines, rows without an end, lists of any size, packed or not."""

from __future__ import annotations

import csv
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from likewise.data import Limits, Skipped, read_records, read_texts
from likewise.errors import InputError, RecordError

READ = """
import resource, sys
from likewise.data import read_records
resource.setrlimit(resource.RLIMIT_DATA, (180_000_000, 180_000_000))
def report(row):
    print(row.line, row.reason, "|", row.hint)

for record in read_records(sys.argv[1], on_error=report):
    print(record.text)
"""
PIECE = b"a" * 1_000_000

BOMBS = {
    "a.txt.gz": (b"first\n", PIECE, b"\nlast\n", ["first", "2 longer than 8 MiB", "last"]),
    "a.jsonl.gz": (b'"first"\n"', PIECE, b'"\n"last"\n', ["first", "2 longer than 8 MiB", "last"]),
    "a.csv.gz": (b"text\nfirst\n", PIECE, b"\nlast\n", ["first", "3 longer than 8 MiB", "last"]),
    "quote.csv.gz": (
        b'text\nfirst\n"', (b"a" * 9_998 + b",\n") * 100, b"\n",
        ["first", "3 longer than 8 MiB"],
    ),
    "utf16.txt.gz": (
        "first\n".encode("utf-16"), PIECE, "\nlast\n".encode("utf-16-le"),
        ["first", "2 longer than 8 MiB", "last"],
    ),
    "a.json.gz": (b'["first", "', PIECE, b'"]', ["is larger than 8 MiB, and is read whole"]),
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of memory there")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_bad_row(tmp_path: Path, name: str) -> None:
    before, piece, after, expected = BOMBS[name]
    path = tmp_path / name
    parts = [
        gzip.compress(before),
        *[gzip.compress(piece, 1)] * (60 if "quote" in name else 200),
        gzip.compress(after),
    ]
    path.write_bytes(b"".join(parts))
    places = {
        "LIKEWISE_MAX_ROW_MIB": "8",
        "LIKEWISE_MAX_FILE_MIB": "8",
        "OPENBLAS_NUM_THREADS": "1",
    }
    result = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | places,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    said = result.stdout.splitlines()
    assert all(part in line for part, line in zip(expected, said, strict=False))
    assert len(said) >= len(expected)
    assert "LIKEWISE_MAX_" in result.stdout


def test_a_row_of_many_short_lines_is_counted_as_what_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text\n"' + "a\n" * 50_000 + '"\n"b"\n')
    bad: list[Skipped] = []
    assert read_texts(path)[-1] == "b"
    list(
        read_records(path, on_error=bad.append, limits=Limits(row=2**20))
    )  # 0.1 MiB, but of objects
    assert (bad[0].line, bad[0].reason) == (2, "longer than 1 MiB")


def test_the_limit_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a" * 2_000_000 + "\nb\n")
    monkeypatch.setenv("LIKEWISE_MAX_ROW_MIB", "1")
    with pytest.raises(RecordError, match="line 1: longer than 1 MiB"):
        read_texts(path)
    bad: list[Skipped] = []
    assert read_texts(path, on_error=bad.append) == ["b"]
    monkeypatch.setenv("LIKEWISE_MAX_ROW_MIB", "2")
    assert len(read_texts(path)) == 2
    monkeypatch.setenv("LIKEWISE_MAX_ROW_MIB", "many")
    with pytest.raises(InputError, match="LIKEWISE_MAX_ROW_MIB is 'many'"):
        read_texts(path)


def test_the_limit_of_csv_stays_what_the_process_has(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    long = "word, " * 100_000
    path = tmp_path / "a.csv"
    path.write_text(
        f'id,text\n1,short\n2,"{long}\n""{long}"" "\n3,{long[:200_000].replace(",", "")}\n4,d\n'
    )
    rows = list(read_records(path))
    assert [row.text for row in rows] == [
        "short", f'{long}\n"{long}" ', long[:200_000].replace(",", ""), "d",
    ]  # fmt: skip
    assert [row.line for row in rows] == [2, 3, 5, 6]
    assert csv.field_size_limit() == before


def test_a_long_row_can_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = "word " * 100_000
    path.write_text(f'text\n"{long}"x\nb\n"{long}\nnever closed\n')
    bad: list[Skipped] = []
    assert read_texts(path, on_error=bad.append) == ["b"]
    assert [row.line for row in bad] == [2, 4]
    assert "expected after" in bad[0].reason
    assert "never closed" in bad[1].reason


@given(st.lists(st.lists(st.text('ab",\n\r é', max_size=6), min_size=1, max_size=4), max_size=4))
def test_long_rows_are_parsed_by_the_rules_of_short_ones(rows: list[list[str]]) -> None:
    import io

    from likewise.data.readers.csv_rows import _cells

    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    lines = iter(text.getvalue().splitlines(keepends=True) if "\r" not in text.getvalue() else [])
    expected = list(csv.reader(text.getvalue().splitlines(keepends=True), strict=True))
    for row in expected if "\r" not in text.getvalue() else []:
        assert _cells(lines) == (row or [""])


@given(st.text('ab", ', max_size=12))
def test_what_short_rows_refuse_long_ones_refuse_too(line: str) -> None:
    from likewise.data.readers.csv_rows import _cells

    def parsed(read: object) -> object:
        try:
            return (
                next(csv.reader([line + "\n"], strict=True))
                if read is csv
                else _cells(iter([line + "\n"]))
            )
        except (csv.Error, StopIteration):
            return "refused"

    assert parsed(_cells) == (parsed(csv) or [""])
