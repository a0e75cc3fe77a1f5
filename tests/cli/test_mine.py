"""`mine` writes rows that can be trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [
        ("How do I get my money back?", "You get a refund within thirty days."),
        ("When does the shop open?", "The shop opens at nine."),
        ("Where is my parcel?", "The parcel is on its way."),
    ]
    file = tmp_path / "pairs.csv"
    file.write_text("question,answer\n" + "".join(f"{q},{a}\n" for q, a in rows))
    return file


def test_rows_and_report(likewise: Run, pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "mined.jsonl"
    found = likewise("mine", pairs, "-o", out, "--relative-margin", 0)
    assert found.exit_code == 0, found.stderr
    assert "3 texts, by all-MiniLM-L6-v2" in found.stdout
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [len(row["neg"]) for row in rows] == [2, 2, 2]
    assert rows[1]["pos"] == ["The shop opens at nine."]
    printed = likewise("mine", pairs, "--relative-margin", 0)
    assert [json.loads(line) for line in printed.stdout.splitlines()] == rows
    report = json.loads(likewise("mine", pairs, "--relative-margin", 0, "--json").stdout)["report"]
    assert (report["queries"], report["negatives"], report["without"]) == (3, 6, 0)
    strict = likewise("mine", pairs, "--max-score", -0.9)
    assert "no negative fits 3 of 3 queries" in strict.stderr


def test_from_a_collection_and_a_corpus(
    likewise: Run, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEWISE_STORE", str(tmp_path / "store"))
    texts = tmp_path / "texts.txt"
    texts.write_text("The shop closes at six.\nThe cat sleeps.\n")
    likewise("index", texts, "--into", "shop")
    for where in (("--from", "shop"), ("--corpus", texts)):
        found = likewise("mine", pairs, *where, "--relative-margin", 0)
        rows = [json.loads(line) for line in found.stdout.splitlines()]
        assert rows[1]["neg"] == ["The shop closes at six.", "The cat sleeps."]


def test_bad_input(likewise: Run, tmp_path: Path, pairs: Path) -> None:
    assert likewise("mine", pairs, "-o", tmp_path / "a.txt").exit_code == 1
    missing = likewise("mine", tmp_path / "nothing.csv")
    assert (missing.exit_code, "error:" in missing.stderr) == (1, True)
