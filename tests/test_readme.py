"""Every line of the front pages does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "README.zh-CN.md")


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


def test_the_commands_run(tmp_path: Path, model_folder: Path) -> None:
    (tmp_path / "sentences.txt").write_text("Someone eats.\nA plane takes off.\n", encoding="utf-8")
    for command in commands("README.md"):
        _, *arguments = shlex.split(command)
        run(sys.executable, "-m", "likewise", *arguments, folder=tmp_path)
    assert (tmp_path / "vectors.npy").stat().st_size > 2 * 384 * 4


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


def run(*command: str, folder: Path = ROOT) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
