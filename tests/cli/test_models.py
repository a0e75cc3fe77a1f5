"""`likewise models`, `models rm` and `download` as people run them, against a hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.loopback_hub import LoopbackHub, serve

Run = Callable[..., subprocess.CompletedProcess[str]]
NAME = "someone/tiny"
FILES = {
    "config.json": b'{"model_type": "bert", "hidden_size": 8, "max_position_embeddings": 32}',
    "vocab.txt": b"[PAD]\n[UNK]\n",
    "model.safetensors": bytes(2_000_000),
    "pytorch_model.bin": bytes(1_000_000),
    "README.md": b"---\nlicense: bsd-3-clause\n---\n",
}


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with serve() as running:
        running.add(NAME, FILES)
        yield running


@pytest.fixture
def run(hub: LoopbackHub, tmp_path: Path) -> Run:
    environment = {**os.environ, "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home")}

    def command(*arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "likewise", *arguments],
            env=environment, cwd=tmp_path, input=answer, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    return command


def test_fetch_show_and_remove(run: Run, hub: LoopbackHub, tmp_path: Path) -> None:
    fetched = run("download", NAME, "--json")
    assert fetched.returncode == 0, fetched.stderr
    printed = json.loads(fetched.stdout)
    assert printed["commit"] == hub.models[NAME].branches["main"]
    assert printed["commit"] in fetched.stderr
    assert Path(printed["folder"]).is_relative_to(tmp_path / "home" / "hub")
    assert "already" in run("download", NAME).stderr

    rows = json.loads(run("models", "--json").stdout)["models"]
    (row,) = [r for r in rows if r["name"] == NAME]
    assert (row["source"], row["dimension"], row["max_tokens"]) == ("cache", 8, 32)
    assert (row["licence"], row["commit"], row["problem"]) == (
        "bsd-3-clause",
        printed["commit"],
        None,
    )
    assert row["size"] > 2_000_000
    assert {r["name"] for r in rows} > {"gte-base", "multilingual-e5-large"}

    refused = run("models", "rm", NAME, answer="n\n")
    assert refused.returncode == 1
    assert Path(printed["folder"]).exists()
    removed = run("models", "rm", NAME, "--yes", "--json")
    assert json.loads(removed.stdout)["freed"] == row["size"]
    assert not Path(printed["folder"]).exists()


def test_a_format_of_choice(run: Run) -> None:
    folder = Path(run("download", NAME, "--format", "pytorch").stdout.strip())
    assert (folder / "pytorch_model.bin").exists()
    assert not (folder / "model.safetensors").exists()
    failed = run("download", NAME, "--format", "gguf")
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: unknown format 'gguf'\nhint: one of safetensors")


def test_errors_are_one_line_and_a_hint(run: Run) -> None:
    for arguments in (
        ("download", "someone/nothing"),
        ("download", NAME, "--revision", "v9"),
        ("models", "rm", NAME, "--yes"),
    ):
        failed = run(*arguments)
        assert failed.returncode == 1
        error, hint = failed.stderr.strip().splitlines()
        assert error.startswith("error: ")
        assert hint.startswith("hint: ")
