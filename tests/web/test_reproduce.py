"""What the reproduce panel shows is run, and gives the same again."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.evaluation.examples import EXAMPLES
from likewise.web import reproduce
from likewise.web.registry import Choice
from likewise.web.reproduce import Recipe, Texts

CHOICE = Choice("all-MiniLM-L6-v2", "float32")
NASTY = ["it's", '"quoted" $HOME `id`', "-dash first", "back\\slash \\n", "100% of %s", "食べる 😀"]


@pytest.fixture
def shell(tmp_path: Path, model_folder: Path) -> Path:
    """A folder with the command `likewise` in it, to run recipes in."""
    command = tmp_path / "likewise"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m likewise "$@"\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def _run(recipe: Recipe, folder: Path, extra: str = "") -> str:
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = recipe.command.replace(" -- ", f" {extra} -- ", 1) if extra else recipe.command
    run = subprocess.run(
        ["sh", "-c", command],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


def _run_python(recipe: Recipe, folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-c", recipe.python], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("b", NASTY)
def test_similarity(shell: Path, encoder: likewise.Encoder, b: str) -> None:
    recipe = reproduce.similarity(CHOICE, NASTY[0], b)
    told = json.loads(_run(recipe, shell, "--json"))
    assert told["cosine"] == pytest.approx(float(encoder.similarity(NASTY[0], b)[0, 0]), abs=1e-5)


def test_similarity_in_python(shell: Path, encoder: likewise.Encoder) -> None:
    told = _run_python(reproduce.similarity(CHOICE, NASTY[0], NASTY[1]), shell)
    found = re.search(r"cosine=([-\d.]+)", told)
    assert found
    expected = float(encoder.similarity(NASTY[0], NASTY[1])[0, 0])
    assert float(found[1]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("lines", [NASTY, [f"line {i}" for i in range(reproduce.MOST_LINES + 1)]])
def test_encode(shell: Path, encoder: likewise.Encoder, lines: list[str]) -> None:
    texts = Texts(lines)
    if texts.name:  # too many to be written out: a file is named
        (shell / texts.name).write_text("\n".join(lines), encoding="utf-8")
    recipe = reproduce.encode(CHOICE, texts)
    output = shell / "likewise-vectors.npy"
    for run in (_run, _run_python):
        run(recipe, shell)
        np.testing.assert_allclose(np.load(output), encoder.encode(lines), atol=1e-5)
        output.unlink()


def test_encode_a_column_of_a_file(shell: Path, encoder: likewise.Encoder) -> None:
    (shell / "my file.csv").write_text("a,b\nx,first\ny,second\n", encoding="utf-8")
    recipe = reproduce.encode(CHOICE, Texts(["first", "second"], "my file.csv", "b"))
    expected = encoder.encode(["first", "second"])
    for run in (_run, _run_python):
        run(recipe, shell)
        np.testing.assert_allclose(np.load(shell / "likewise-vectors.npy"), expected, atol=1e-5)


def test_rank(shell: Path, encoder: likewise.Encoder) -> None:
    query = "-it's a question"
    expected = [each.text for each in encoder.rank(query, NASTY) if each.score >= 0.05][:4]
    recipe = reproduce.rank(CHOICE, query, Texts(NASTY), 4, 0.05)
    told = json.loads(_run(recipe, shell, "--json"))
    assert [row["text"] for row in told] == expected
    shown = _run_python(recipe, shell).splitlines()
    assert [line.split("  ", 1)[1] for line in shown] == expected


def test_example(shell: Path, encoder: likewise.Encoder) -> None:
    built_in = EXAMPLES[0]
    for name, texts in ((built_in.name, built_in.texts), ("own", tuple(NASTY))):
        recipe = reproduce.example(CHOICE, name, texts)
        for run in (_run, _run_python):
            run(recipe, shell)
            (saved,) = (shell / "results").glob("test_*.json")
            result = json.loads(saved.read_text("utf-8"))
            saved.unlink()
            assert result["name"] == name
            assert result["texts"] == list(texts)
            expected = encoder.similarity(list(texts), list(texts))
            np.testing.assert_allclose(np.array(result["matrix"]), expected, atol=1e-5)
