"""What the reproduce panel shows is run, and gives the same again."""

from __future__ import annotations

import ast
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import likewise
from likewise.evaluation.examples import EXAMPLES
from likewise.operations.encode import EncodeRequest
from likewise.operations.example import ExampleRequest
from likewise.operations.rank import RankRequest
from likewise.operations.similarity import SimilarityRequest
from likewise.web.registry import Choice
from likewise.web.reproduce import Recipe, recipe
from likewise.web.texts import MAX_LITERAL_TEXTS, Texts

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


def test_only_what_differs_from_the_defaults_is_written() -> None:
    made = recipe("similarity", SimilarityRequest("it's", "-b"))
    assert made.command == """likewise similarity -- 'it'"'"'s' -b"""
    assert made.python == (
        "from likewise.operations.similarity import SimilarityRequest, similarity\n"
        "from likewise.operations.session import Session\n\n"
        "request = SimilarityRequest(\n"
        '    a="it\'s",\n'
        "    b='-b',\n"
        ")\n"
        "result = similarity(request, Session())\n"
        "print(result.to_dict())\n"
    )
    asked = RankRequest("q", candidates=("-x", "y"), top_k=3, escape_formulas=False)
    assert recipe("rank", asked).command == (
        "likewise rank --candidate=-x --candidate y --top-k 3 --no-escape-formulas -- q"
    )


@pytest.mark.parametrize("b", NASTY)
def test_similarity(shell: Path, encoder: likewise.Encoder, b: str) -> None:
    made = recipe("similarity", CHOICE.request(SimilarityRequest, NASTY[0], b, tokens=True))
    printed = json.loads(_run(made, shell, "--json"))
    assert printed["cosine"] == pytest.approx(
        float(encoder.similarity(NASTY[0], b)[0, 0]), abs=1e-5
    )


def test_similarity_in_python(shell: Path, encoder: likewise.Encoder) -> None:
    made = recipe("similarity", CHOICE.request(SimilarityRequest, *NASTY[:2]))
    printed = ast.literal_eval(_run_python(made, shell))
    expected = float(encoder.similarity(NASTY[0], NASTY[1])[0, 0])
    assert printed["cosine"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("lines", [NASTY, [f"line {i}" for i in range(MAX_LITERAL_TEXTS + 1)]])
def test_encode(shell: Path, encoder: likewise.Encoder, lines: list[str]) -> None:
    output = shell / "likewise-vectors.npy"
    named = Texts(tuple(lines)).named("texts")
    if "file" in named:  # too many to be written out
        (shell / named["file"]).write_text("\n".join(lines), encoding="utf-8")
    made = recipe("encode", CHOICE.request(EncodeRequest, output=Path(output.name), **named))
    for run in (_run, _run_python):
        run(made, shell)
        np.testing.assert_allclose(np.load(output), encoder.encode(lines), atol=1e-5)
        output.unlink()


def test_encode_a_column_of_a_file(shell: Path, encoder: likewise.Encoder) -> None:
    text = "a,b\nx,première\ny,second\n"
    (shell / "my file.csv").write_bytes(text.encode("latin-1"))
    texts = Texts((), "my file.csv", "b", "/elsewhere/my file.csv", "latin-1")
    asked = CHOICE.request(EncodeRequest, output=Path("v.npy"), **texts.named("texts"))
    expected = encoder.encode(["première", "second"])
    for run in (_run, _run_python):
        run(recipe("encode", asked), shell)
        np.testing.assert_allclose(np.load(shell / "v.npy"), expected, atol=1e-5)


def test_rank(shell: Path, encoder: likewise.Encoder) -> None:
    query = "-it's a question"
    expected = [each.text for each in encoder.rank(query, NASTY) if each.score >= 0.05][:4]
    asked = CHOICE.request(RankRequest, query, candidates=tuple(NASTY), top_k=4, threshold=0.05)
    made = recipe("rank", asked)
    for printed in (
        json.loads(_run(made, shell, "--json")),
        ast.literal_eval(_run_python(made, shell)),
    ):
        assert [row["text"] for row in printed["results"]] == expected


def test_example(shell: Path, encoder: likewise.Encoder) -> None:
    built_in = EXAMPLES[0]
    for name, texts, given in (
        (built_in.name, built_in.texts, {"names": (built_in.name,)}),
        ("own", tuple(NASTY), {"texts": tuple(NASTY)}),
    ):
        made = recipe("example", CHOICE.request(ExampleRequest, **given))
        for run in (_run, _run_python):
            run(made, shell)
            (saved,) = (shell / "results").glob("test_*.json")
            result = json.loads(saved.read_text("utf-8"))
            saved.unlink()
            assert result["name"] == name
            assert result["texts"] == list(texts)
            expected = encoder.similarity(list(texts), list(texts))
            np.testing.assert_allclose(np.array(result["matrix"]), expected, atol=1e-5)
