"""Results come back as they were written, and no file is ever half there."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from likewise.data import read_records, read_texts, write_table, write_vectors
from likewise.data.writers import TABLE_FORMATS, VECTOR_FORMATS, check_target
from likewise.errors import InputError, OutputError, ShapeError

TEXTS = ["plain", 'comma, "quote"', "two\nlines", "食べる 😀", ""]
VECTORS = np.random.default_rng(1).normal(size=(5, 7)).astype(np.float32)


def read_back(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        loaded: np.ndarray = np.load(path)
        return loaded
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return np.array([row[1:] for row in list(csv.reader(file))[1:]], np.float32)
    if path.suffix == ".jsonl":
        return np.array([json.loads(x)["vector"] for x in path.open(encoding="utf-8")], np.float32)
    parquet = pytest.importorskip("pyarrow.parquet")
    return np.array(parquet.read_table(path)["vector"].to_pylist(), np.float32)


@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_vectors_come_back_bit_for_bit(tmp_path: Path, kind: str) -> None:
    path = write_vectors(tmp_path / f"v.{kind}", VECTORS, TEXTS)
    np.testing.assert_array_equal(read_back(path), VECTORS)
    if kind != "npy":
        assert read_texts(path, column="text") == TEXTS
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_small_number_formats_and_views_come_back(tmp_path: Path, kind: str) -> None:
    codes = (VECTORS * 50).astype(np.int8)[:, ::2]
    path = write_vectors(tmp_path / "data", codes, TEXTS, format=kind)
    np.testing.assert_array_equal(read_back(path.rename(tmp_path / f"v.{kind}")), codes)


@dataclass(frozen=True)
class Row:
    score: np.float32
    text: str


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_tables_come_back(tmp_path: Path, kind: str) -> None:
    rows = [Row(score, text) for score, text in zip(VECTORS[:, 0], TEXTS, strict=True)]
    path = write_table(tmp_path / f"t.{kind}", rows)
    assert read_texts(path, column="text") == TEXTS
    assert "食べる".encode() in path.read_bytes()
    write_table(path, [])
    if kind != "parquet":
        assert (json.loads(path.read_text()) == []) if kind == "json" else not path.read_text()


def test_a_column_of_several_kinds_is_json_in_parquet(tmp_path: Path) -> None:
    rows = [{"text": "a", "mixed": 1, "list": [1]}, {"text": "b", "mixed": "x", "list": None}]
    path = write_table(tmp_path / "t.parquet", rows)
    kept = [dict(record.fields) for record in read_records(path)]
    assert kept == [{"mixed": "1", "list": [1]}, {"mixed": '"x"', "list": None}]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
@pytest.mark.parametrize("kind", VECTOR_FORMATS)
def test_where_the_disk_ends_nothing_is_left(tmp_path: Path, kind: str) -> None:
    code = (
        "import resource, sys; import numpy as np; from likewise.data import write_vectors\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "write_vectors(sys.argv[1], np.random.rand(99, 99).astype('f4'), ['x'] * 99)"
    )
    path = tmp_path / f"v.{kind}"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", code, str(path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert f"OutputError: cannot write {path}: File too large" in ended.stderr
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_unknown_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="as 'xlsx'") as caught:
        write_vectors(tmp_path / "v.xlsx", VECTORS, TEXTS)
    assert caught.value.hint == "use one of .npy, .csv, .jsonl, .parquet"
    with pytest.raises(InputError, match="has no file extension"):
        write_table(tmp_path / "v", [])
    with pytest.raises(InputError, match="cannot write an int as a row"):
        write_table(tmp_path / "v.csv", [1])
    with pytest.raises(ShapeError, match="4 texts"):
        write_vectors(tmp_path / "v.npy", VECTORS, TEXTS[:4])
    assert not list(tmp_path.iterdir())


def test_a_target_is_refused_before_the_work(tmp_path: Path) -> None:
    check_target(tmp_path / "v.npy", VECTOR_FORMATS)
    with pytest.raises(InputError):
        check_target(tmp_path / "v.exe", VECTOR_FORMATS)
    with pytest.raises(OutputError, match="no folder"):
        check_target(tmp_path / "gone" / "v.npy", VECTOR_FORMATS)


CELLS = {
    "=HYPERLINK(\"http://x\")": True, "+1 555 0100 call": True, "-2+3+cmd|' /C calc'!A0": True,
    "@SUM(1)": True, "\t=1": True, "\r=1": True, "- a list item": True, "＝1+1": True,
    "-7": False, "+1.5": False, "-1,234.50": False, "-3e-5": False, "-12%": False, "a=b": False,
    "'quoted": False, "": False,
}  # fmt: skip


def test_cells_that_a_spreadsheet_would_run_are_escaped(tmp_path: Path) -> None:
    messages: list[str] = []
    rows = [{"=name": text, "score": -0.5} for text in CELLS]
    path = write_table(tmp_path / "a.csv", rows, on_message=messages.append)
    with path.open(encoding="utf-8", newline="") as file:
        head, *back = csv.reader(file)
    assert head == ["'=name", "score"]
    assert [row[0] for row in back] == ["'" * bad + text for text, bad in CELLS.items()]
    assert {row[1] for row in back} == {"-0.5"}
    assert messages == [
        f"9 cells of {path} begin like a formula; an apostrophe was added so that a "
        "spreadsheet does not run them (--no-escape-formulas leaves them unchanged)"
    ]
    write_table(path, rows, escape_formulas=False, on_message=messages.append)
    with path.open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["=name", *CELLS]
    assert len(messages) == 1
    write_table(tmp_path / "a.jsonl", rows, on_message=messages.append)
    assert [json.loads(line)["=name"] for line in (tmp_path / "a.jsonl").open()] == list(CELLS)
    assert len(messages) == 1


def test_texts_beside_vectors_are_escaped_too(tmp_path: Path) -> None:
    vectors = np.array([[-1.0, 2.0]], np.float32)
    path = write_vectors(tmp_path / "a.csv", vectors, ["=1+1"])
    assert path.read_text() == "text,0,1\n'=1+1,-1,2\n"
    write_vectors(path, vectors, ["=1+1"], escape_formulas=False)
    assert path.read_text() == "text,0,1\n=1+1,-1,2\n"
