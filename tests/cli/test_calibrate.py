"""`likewise calibrate`: what scores mean, of texts and of labelled pairs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import likewise as library
from tests.cli.conftest import Run

MODEL = ("all-MiniLM-L6-v2", "--compute", "float32")
SENTENCES = Path(__file__).parents[1] / "evaluation" / "gate" / "sentences.tsv"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    rows = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()[1:]]
    found = sorted({text for row in rows for text in row if not text.replace(".", "").isdigit()})
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(found), encoding="utf-8")
    return path


@pytest.fixture
def pairs(texts: Path) -> Path:
    """Each text with itself said twice, and with another."""
    lines = texts.read_text(encoding="utf-8").splitlines()
    rows = [(t, f"{t} Indeed.", "1") for t in lines]
    rows += [(t, lines[i - 1], "0") for i, t in enumerate(lines)]
    path = texts.parent / "pairs.tsv"
    table = [("sentence1", "sentence2", "label"), *rows]
    path.write_text("\n".join("\t".join(row) for row in table), encoding="utf-8")
    return path


def test_percentiles_are_those_of_all_pairs(
    likewise: Run, texts: Path, encoder: library.Encoder
) -> None:
    printed = json.loads(likewise("calibrate", *MODEL, texts, "--json").stdout)
    vectors = encoder.encode(texts.read_text(encoding="utf-8").splitlines())
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    assert printed["texts"] == len(vectors)
    assert printed["labelled"] == 0
    for meaning in printed["meanings"]:
        share = (cosines < meaning["score"]).mean()
        assert meaning["percentile"] == pytest.approx(share, abs=0.05)
        assert meaning["probability"] is None
    thresholds = {each["purpose"]: each["interval"] for each in printed["thresholds"]}
    assert list(thresholds) == ["search", "clustering", "duplicates"]
    assert thresholds["search"]["value"] == pytest.approx(np.quantile(cosines, 0.99), abs=0.15)
    assert all(each["low"] <= each["value"] <= each["high"] for each in thresholds.values())


def test_labelled_pairs_give_chances_and_a_page(likewise: Run, pairs: Path, tmp_path: Path) -> None:
    page = tmp_path / "scores.html"
    printed = likewise("calibrate", *MODEL, pairs, "--report", page)
    assert "probability of a match" in printed.stdout
    assert "best F1 on the labelled pairs" in printed.stdout
    assert f"wrote {page}" in printed.stderr
    html = page.read_text(encoding="utf-8")
    assert html.count("<polyline") == 2
    assert "http" not in html
    assert "pairs.tsv" in html
    found = json.loads(likewise("calibrate", *MODEL, pairs, "--json").stdout)
    chances = [m["probability"] for m in found["meanings"]]
    assert chances == sorted(chances)
    assert chances[0] < 0.2
    assert chances[-1] > 0.8


def test_texts_are_drawn_where_there_are_more(likewise: Run, pairs: Path) -> None:
    found = json.loads(likewise("calibrate", *MODEL, pairs, "--json", "--sample", "20").stdout)
    assert found["texts"] <= 20
    assert found["labelled"] == 20


@pytest.mark.parametrize(
    ("content", "options", "error"),
    [
        ("one\ntwo\n", (), "too few texts to calibrate: 2"),
        ("same\n" * 50, (), "too few texts to calibrate: 1"),
        ("", (), "holds no text"),
        (None, (), "no such file"),
        ("one\ntwo\n", ("--columns", "left=a"), "cannot read 'left'"),
    ],
)
def test_what_cannot_be_calibrated(
    content: str | None, options: tuple[str, ...], error: str, likewise: Run, tmp_path: Path
) -> None:
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_text(content)
    failed = likewise("calibrate", *MODEL, path, *options)
    assert failed.exit_code == 1
    assert error in failed.stderr
    assert "hint:" in failed.stderr
