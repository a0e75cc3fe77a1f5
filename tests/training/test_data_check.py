"""What is known of training data before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from likewise.errors import InputError
from likewise.operations.check_data import CheckDataRequest, check_data
from likewise.operations.session import Session
from tests.training.conftest import make_pairs


def test_files_lengths_and_findings(tiny: Path, tmp_path: Path) -> None:
    rows = make_pairs()
    first, second = tmp_path / "pairs.jsonl", tmp_path / "more.jsonl"
    first.write_text("".join(json.dumps(row) + "\n" for row in rows))
    twice = {"question": "What is a pond?", "answer": "A pond is a small lake. " * 30}
    same = {"question": "An owl.", "answer": "An owl."}
    second.write_text("".join(json.dumps(row) + "\n" for row in [twice, twice, same]))
    request = CheckDataRequest(
        str(tiny), (str(first), str(second)), weights=(3, 1), batch=20, max_tokens=16
    )
    found = check_data(request, Session()).to_dict()
    large, small = found["files"]
    assert (large["name"], large["share"], small["share"]) == ("pairs.jsonl", 0.75, 0.25)
    assert large["layout"] == "pairs: 'question' → 'answer'"
    assert large["rows"] + small["rows"] + found["held_out"] == 203
    assert found["steps"] == -(-(large["rows"] + small["rows"]) // 20)
    assert 4 < large["median_tokens"] <= large["long_tokens"] < small["long_tokens"]
    codes = {finding["code"]: finding for finding in found["findings"]}
    assert codes["repeated"]["examples"] == ["what is a pond?"]
    assert codes["identical"]["count"] == 1
    assert "more.jsonl are longer than the 16 tokens" in codes["cut"]["text"]


def test_too_few_rows(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("question,answer\none,two\n")
    with pytest.raises(InputError, match="too few to hold out"):
        check_data(CheckDataRequest(str(tiny), (str(path),)), Session())
