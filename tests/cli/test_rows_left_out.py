"""`rank` and `encode` on files with rows that cannot be read, or in another encoding."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]

COMMANDS = (("rank", "q", "bad.jsonl"), ("encode", "bad.jsonl", "-o", "v.npy"))


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lines = ['{"text": "a"}', '{"text": 5}', '{"text": "b"}', "{no json", '{"text": "c"}']
    (tmp_path / "bad.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "latin.txt").write_bytes("caf\xe9\nna\xefve\n".encode("latin-1"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_bad_row_is_an_error_or_left_out(likewise: Run, command: tuple[str, ...]) -> None:
    assert likewise(*command).exit_code == 1
    result = likewise(*command, "--skip-bad", "--json")
    assert result.exit_code == 0, result.output
    assert "bad.jsonl, 2: " in result.stderr
    assert "bad.jsonl, 4: " in result.stderr
    found = json.loads(result.stdout)
    if command[0] == "rank":
        assert sorted(row["text"] for row in found["results"]) == ["a", "b", "c"]
        assert sorted(row["line"] for row in found["results"]) == [1, 3, 5]
    else:
        assert len(np.load("v.npy")) == found["texts"] == 3
        assert [row["line"] for row in found["skipped"]] == [2, 4]


@pytest.mark.parametrize("command", ["rank", "encode"])
def test_nothing_but_bad_rows_is_an_error(likewise: Run, command: str, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("{no\n{json\n")
    rest = ("q", "all.jsonl") if command == "rank" else ("all.jsonl", "-o", "v.npy")
    result = likewise(command, *rest, "--skip-bad")
    assert result.exit_code == 1
    assert "all.jsonl holds no text" in result.stderr


def test_a_missing_file_is_not_left_out(likewise: Run) -> None:
    result = likewise("rank", "q", "gone.txt", "--skip-bad")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (1, "error: no such file: gone.txt")


@pytest.mark.parametrize("command", ["rank", "encode"])
def test_another_encoding(likewise: Run, command: str) -> None:
    if command == "rank":
        result = likewise("rank", "q", "latin.txt", "--encoding", "latin-1", "--json")
        rows = json.loads(result.stdout)["results"]
        assert sorted(row["text"] for row in rows) == ["café", "naïve"]
    else:
        result = likewise("encode", "latin.txt", "-o", "v.jsonl", "--encoding", "latin-1")
        written = [json.loads(line) for line in Path("v.jsonl").read_text().splitlines()]
        assert [row["text"] for row in written] == ["café", "naïve"]
    assert result.exit_code == 0


def test_an_unknown_encoding_is_named(likewise: Run) -> None:
    result = likewise("rank", "q", "latin.txt", "--encoding", "klingon")
    assert result.exit_code == 1
    assert "klingon" in result.stderr
