"""The commands and programs of the tutorials run as they are written, and find what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import skip_unless_ci

TUTORIALS = Path(__file__).resolve().parents[1] / "docs/tutorials"
PAGES = sorted(path.stem for path in TUTORIALS.glob("*.md"))

EXPECTED = {
    "compare-models": "pairs Retrieval ndcg_at_10 100.00",
    "find-duplicates": "10 texts stay 11 texts stay with a higher threshold",
    "first-minute": "0.52 Somebody is preparing dinner.",
    "search-your-files": "## Offices We decided to move to the new office in May.",
}


@pytest.mark.parametrize("page", PAGES)
def test_the_tutorial_runs(page: str, tmp_path: Path, model_folder: Path) -> None:
    if not (bash := shutil.which("bash")):
        skip_unless_ci("no bash to run the commands of the tutorials")
    command = tmp_path / "bin" / "likewise"
    command.parent.mkdir()
    script = f'#!/bin/sh\nexec "{sys.executable}" -m likewise "$@"\n'
    command.write_text(script, encoding="utf-8", newline="\n")
    command.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    environment = os.environ | {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "LIKEWISE_STORE": str(tmp_path / "store"),
    }

    output = ""
    for language, block in blocks(page):
        program = [bash, "-e", "-c"] if language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*program, block], cwd=folder, env=environment,
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        output += done.stdout

    assert EXPECTED[page] in " ".join(output.split())
    if page == "first-minute":
        assert np.load(folder / "vectors.npy").shape == (4, 384)


def blocks(page: str) -> list[tuple[str, str]]:
    text = (TUTORIALS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
