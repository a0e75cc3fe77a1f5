"""Every line of the front pages does what it says."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "README.zh-CN.md")

NOTES = {
    "monday.md": "# Monday\n\nWe talked about lunch. Noor brings the cake on Friday.\n",
    "offices.md": "# Offices\n\nWe decided that we move to the new office in May.\n",
    "printers.md": "# Printers\n\nThe printer on the second floor is out of toner again.\n",
}
QUESTIONS = [
    "How do I reset my password?",
    "Why is my account locked?",
    "How can I change the e-mail address I sign in with?",
    "Where do I turn on two-factor sign-in?",
    "The sign-in page says that my password is wrong.",
    "When will my parcel arrive?",
    "Can I track my delivery?",
    "Do you ship to Norway?",
    "What does express shipping cost?",
    "The courier left my parcel at the wrong door.",
    "Can I send back shoes that I have worn?",
    "How long does a refund take?",
    "The jacket is too small and I want to exchange it.",
    "Who pays for the postage of a return?",
    "I was charged twice for one order.",
    "Can I pay by invoice?",
    "Which credit cards do you take?",
    "My gift card was declined at the checkout.",
    "Is there a discount for students?",
    "How do I wash a down jacket?",
    "Are the boots waterproof?",
    "Which tent is light enough for cycling?",
    "Does the sleeping bag keep warm below zero?",
    "What size of backpack do I need for a week?",
]
AGAIN = ["How do I reset my password", "when will my parcel arrive?"]  # which dedupe takes out


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("likewise ")]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_runs(page: str, model_folder: Path) -> None:
    (program,) = blocks(page, "python")
    run(sys.executable, "-c", program)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with the files that the commands of the front pages name."""
    (tmp_path / "sentences.txt").write_text("Someone eats.\nA plane takes off.\n", encoding="utf-8")
    for name, text in NOTES.items():
        note = tmp_path / "notes" / name
        note.parent.mkdir(exist_ok=True)
        note.write_text(text, encoding="utf-8")
    rows = [f"{number},{question}" for number, question in enumerate([*QUESTIONS, *AGAIN], 1)]
    table = "\n".join(["id,question", *rows, ""])
    (tmp_path / "questions.csv").write_text(table, encoding="utf-8")
    return tmp_path


def test_the_commands_run(workspace: Path, model_folder: Path) -> None:
    store = workspace / "store"
    printed = {}
    for command in commands("README.md"):
        program, name, *arguments = shlex.split(command)
        if name == "serve":  # it runs until it is stopped
            continue
        printed[name] = run(
            sys.executable, "-m", program, name, *arguments,
            folder=workspace, LIKEWISE_STORE=str(store),
        )  # fmt: skip

    assert np.load(workspace / "vectors.npy").shape == (2, 384)
    assert any(store.iterdir())
    assert "move to the new office in May" in "".join(printed["search"].splitlines()[1:4])
    with (workspace / "clean.csv").open(encoding="utf-8", newline="") as file:
        kept = [row["question"] for row in csv.DictReader(file)]
    assert kept == QUESTIONS
    assert len(printed["cluster"].splitlines()) > 2
    assert texts_of_map(workspace / "map.html") == [*QUESTIONS, *AGAIN]


def test_the_server_answers(workspace: Path, model_folder: Path) -> None:
    (serve,) = [command for command in commands("README.md") if " serve " in command]
    lines = [line for block in blocks("README.md", "sh") for line in block.splitlines()]
    (curl,) = [shlex.split(line) for line in lines if line.startswith("curl ")]
    _, address, _, body = curl
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _, *arguments = shlex.split(serve)
    server = subprocess.Popen(
        [sys.executable, "-m", "likewise", *arguments, "--port", str(port)],
        cwd=workspace, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        assert server.stderr
        while "Likewise is at" not in (line := server.stderr.readline()):
            assert line, "it ended before it answered"
        asked = urllib.request.Request(address.replace("7860", str(port)), body.encode())
        with urllib.request.urlopen(asked, timeout=60) as answer:
            assert len(json.load(answer)["data"][0]["embedding"]) == 384
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert server.returncode == 0


def test_both_languages_show_the_same() -> None:
    english, chinese = PAGES
    assert commands(english) == commands(chinese) != []
    assert code(blocks(english, "python")) == code(blocks(chinese, "python"))


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "docs/concepts.md"])
def test_every_file_that_is_linked_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not missing


def code(programs: list[str]) -> list[str]:
    return [re.sub(r"\s*#.*", "", program) for program in programs]


def texts_of_map(path: Path) -> list[str]:
    found = re.search(r'id="part-texts">([^<]+)<', path.read_text(encoding="utf-8"))
    assert found
    return list(json.loads(gzip.decompress(base64.b64decode(found[1]))))


def run(*command: str, folder: Path = ROOT, **settings: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | settings,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout
