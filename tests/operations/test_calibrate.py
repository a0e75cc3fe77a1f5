"""The operation `calibrate`: progress, the page, and plain values."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from likewise.errors import RecordError
from likewise.operations.calibrate import CalibrateRequest, calibrate
from likewise.operations.session import Session
from tests.operations.stages import Stages


def test_progress_and_the_page(model_folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"Sentence number {i} about topic {i % 7}.\n" for i in range(40)))
    page, stages = tmp_path / "scores.html", Stages()
    request = CalibrateRequest(model=str(model_folder), file=texts, compute="float32", report=page)
    result = calibrate(request, Session(progress=stages))
    assert stages.titles == ["encoding"]
    stages.check()
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert (plain["texts"], plain["labelled"], plain["report"]) == (40, 0, str(page))


def test_the_encoding_of_the_request_is_used(model_folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"Größe {i} für Überprüfung.\n" for i in range(20)), "cp1252")
    calibrated = calibrate(
        CalibrateRequest(model=str(model_folder), file=texts, compute="float32", encoding="cp1252"),
        Session(),
    )
    assert calibrated.calibration.texts == 20
    wrong = CalibrateRequest(model=str(model_folder), file=texts, encoding="utf-8")
    with pytest.raises(RecordError, match=r"texts\.txt"):
        calibrate(wrong, Session())


def test_thresholds_are_ordered(model_folder: Path, tmp_path: Path) -> None:
    """Labelled pairs that match at a low score lower the other thresholds, too."""
    animals = ("cat", "dog", "cow", "horse", "goat", "pig")
    foods = ("bread", "cheese", "soup", "rice", "cake", "fruit")
    rows = [(f"A {a} sleeps.", f"Some animal is tired, a {b}.", 1) for a, b in
            pairwise(animals)]  # fmt: skip
    rows += [(f"A {a} sleeps.", f"I like {f}.", 0) for a, f in zip(animals, foods, strict=True)]
    pairs = tmp_path / "pairs.jsonl"
    lines = [{"sentence1": a, "sentence2": b, "label": label} for a, b, label in rows]
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    request = CalibrateRequest(model=str(model_folder), file=pairs, compute="float32")
    search, clustering, duplicates = calibrate(request, Session()).calibration.thresholds
    assert search.interval.value <= clustering.interval.value <= duplicates.interval.value
    assert clustering.basis.startswith("as for duplicates; 0.1% of random pairs score higher")
