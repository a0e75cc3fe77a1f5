"""`distill` writes a student with its card, scores and speed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import likewise as library
from tests.training.conftest import make_pairs

from .conftest import Run


def test_a_student_of_one_layer(
    likewise: Run, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    teacher, texts = tiny_checkpoint(), tmp_path / "texts.jsonl"
    lines = [json.dumps({"text": text}) for row in make_pairs() for text in row.values()]
    texts.write_text("\n".join(lines) + "\n")
    out = tmp_path / "small"
    options = ("--layers", 1, "--texts", texts, "-o", out, "--batch", 32)
    found = likewise("distill", teacher, *options)
    assert found.exit_code == 0, found.stderr
    assert "times as fast" in found.stdout
    assert "before training" in found.stderr
    student = library.load(out, compute="float32")
    assert student.dimension == library.load(teacher, compute="float32").dimension
    card = (out / "README.md").read_text()
    assert "## Scores" in card
    assert "general pairs" in card
    assert not list(tmp_path.glob("small.*"))  # what the run needed is gone
    again = likewise("distill", teacher, *options)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "already exists" in again.stderr


def test_a_table_without_texts(
    likewise: Run, tiny_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "static"
    found = likewise(
        "distill", tiny_checkpoint(), "--static", "-o", out, "--dimension", 8, "--json"
    )
    report = json.loads(found.stdout)
    assert (report["kind"], report["dimension"], report["steps"]) == ("static", 8, 0)
    assert {"kept", "before", "after"} <= report["changes"][0].keys()
    assert "--texts FILE" in found.stderr
    assert library.load(out).dimension == 8


def test_refused(likewise: Run, tiny_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    teacher, out = tiny_checkpoint(), tmp_path / "out"
    assert "--static" in likewise("distill", teacher, "-o", out).stderr
    both = likewise("distill", teacher, "-o", out, "--static", "--layers", 1)
    assert "one kind of model" in both.stderr
    few = tmp_path / "few.txt"
    few.write_text("One text.\nAnother one.\n")
    refused = likewise("distill", teacher, "-o", out, "--layers", 1, "--texts", few)
    assert "2 texts: too few to train" in refused.stderr
    assert not out.exists()
    assert not list(tmp_path.glob("out*"))
