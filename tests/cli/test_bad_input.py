"""Bad input gets one line that says what and one that says what to do, and status 1."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
FILES = {
    "good.txt": b"one\ntwo\n",
    "empty.txt": b"",
    "blank.txt": b"\n \n",
    "header.csv": b"id,text\n",
    "table.csv": b"id,text\n1,a\n",
    "latin.txt": "caf\xe9\n".encode("latin-1"),
    "surrogate.jsonl": b'"fine"\n{"text": "\\ud800"}\n',
    "broken.json": b'["a",',
    "cut.jsonl.gz": gzip.compress(b'"a"\n' * 99)[:-9],
    "one.txt": b"only\n",
}
# command, what the error says, what the hint says
TABLE = (
    ("similarity a b -m all-MiniLM-L6-v1", "no model or folder", "did you mean all-MiniLM-L6-v2"),
    ("similarity a b -m ./gone", "no model or folder './gone'", "likewise models"),
    ("similarity a b -m .", "config.json", ""),
    ("similarity a b --device tpu", "unknown device 'tpu'", "one of auto"),
    ("similarity a \udcff", "lone surrogate (U+DCFF)", "decode the source"),
    ("rank q gone.txt", "no such file: gone.txt", "check the path"),
    ("rank q .", "broken.json: not valid JSON", "quote or comma"),
    ("rank q empty.txt", "empty.txt holds no text", "one text per line"),
    ("rank q blank.txt", "blank.txt holds no text", "one text per line"),
    ("rank q header.csv", "header.csv holds no text", "one text per line"),
    ("rank q latin.txt", "latin.txt, line 1: not UTF-8 (byte 0xe9", "--encoding"),
    ("rank q surrogate.jsonl", "surrogate.jsonl, line 2", "remove the character"),
    ("rank q broken.json", "broken.json: not valid JSON", "missing quote"),
    ("rank q cut.jsonl.gz", "cut.jsonl.gz is not a complete gzip file", "again"),
    ("rank q table.csv --column body", "table.csv has no column 'body'", "its columns: id, text"),
    ("rank q good.txt --column body", "good.txt has no columns", "omit the column"),
    ("rank q good.txt -o out.xlsx", "cannot write out.xlsx as 'xlsx'", ".csv, .json, .jsonl"),
    ("rank q good.txt -o gone/out.csv", "cannot write gone/out.csv", "create the folder"),
    ("rank q", "there are no candidates", "give a file"),
    ("rank q good.txt --candidate x", "candidates are given twice", "not both"),
    ("rank q good.txt --threshold nan", "the threshold is nan", "give a number"),
    ("rank q good.txt --threshold inf", "the threshold is inf", "give a number"),
    ("rank q table.csv -o table.csv", "table.csv is one of the inputs", "another name"),
    ("encode table.csv -o table.csv", "table.csv is one of the inputs", "another name"),
    ("cluster table.csv -o table.csv", "table.csv is one of the inputs", "another name"),
    ("map table.csv -o table.csv", "table.csv is one of the inputs", "another name"),
    ("dedupe table.csv --threshold inf", "the threshold is inf", "1 is the same direction"),
    ("encode -o out.npy", "there are no texts", "give a file"),
    ("encode good.txt -o out.npy --text x", "texts are given twice", "not both"),
    ("encode good.txt", "no output for the vectors of good.txt", "-o vectors.npy"),
    ("encode good.txt -o out", "out has no file extension", ".npy, .csv, .jsonl, .parquet"),
    ("encode good.txt -o gone/out.npy", "cannot write gone/out.npy", "create the folder"),
    ("encode good.txt -o full.npy", "full.npy: No space left on device", "free some space"),
    ("encode good.txt -o full.csv", "full.csv: No space left on device", "free some space"),
    ("rank q good.txt -o full.json", "full.json: No space left on device", "free some space"),
    ("example gone", "no example named 'gone'", "one of everyday"),
    ("example --file one.txt", "has 1", "give more texts"),
    ("example --folder good.txt", "cannot write to good.txt", "choose a writable folder"),
    ("download no-such-model", "no model or folder 'no-such-model'", "likewise models"),
)


@pytest.fixture
def files(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    if Path("/dev/full").exists():
        for name in ("full.npy", "full.csv", "full.json"):
            (tmp_path / name).symlink_to("/dev/full")


@pytest.mark.parametrize("case", TABLE, ids=lambda case: ascii(case[0]))
def test_bad_input_is_named(
    likewise: Run, files: None, offline: None, case: tuple[str, str, str]
) -> None:
    line, message, hint = case
    if "full." in line and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    result = likewise(*line.split())
    assert result.exit_code == 1, result.output
    printed = result.stderr.splitlines()
    (error,) = [text for text in printed if text.startswith("error: ")]
    assert message in error
    (advice,) = [text for text in printed if text.startswith("hint: ")]
    assert hint in advice
    assert result.stdout == ""
    assert "Traceback" not in result.output


@pytest.mark.skipif(os.access("/", os.W_OK), reason="this user may write anywhere")
def test_a_folder_that_may_not_be_written_to(likewise: Run, files: None, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    result = likewise("encode", "good.txt", "-o", "locked/out.npy")
    assert result.exit_code == 1
    assert "read-only" in result.stderr


def test_odd_texts_are_encoded(likewise: Run, tmp_path: Path) -> None:
    texts = ["nul\0inside", "\u202eright to left", "😀", "\ufeff", "x" * 1_000_000, ""]
    (tmp_path / "odd.json").write_text(json.dumps(texts))
    result = likewise("rank", "?!", "odd.json", "--json")
    assert result.exit_code == 0
    assert sorted(row["text"] for row in json.loads(result.stdout)["results"]) == sorted(texts)


def test_a_missing_package_names_its_extra(
    likewise: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    result = likewise("ui", "--port", "0")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: this needs the package 'gradio', which is not installed\n"
        'hint: pip install "likewise[web]"\n'
    )
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"")
    assert 'pip install "likewise[files]"' in likewise("rank", "q", "a.parquet").stderr


def test_wrong_usage_is_status_2(likewise: Run) -> None:
    wrong = (
        ("similarity", "a"),
        ("similarity", "a", "b", "--compute", "float8"),
        ("sim",),
        ("rank", "q", "f", "--top-k", "0"),
    )
    for arguments in wrong:
        result = likewise(*arguments)
        assert result.exit_code == 2
        assert "Usage: likewise" in result.stderr
        assert "Traceback" not in result.output
