"""The command line, inside this process and as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from likewise.cli.main import app

Run = Callable[..., Any]


@pytest.fixture
def likewise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> Run:
    """Runs a command in this process, in an empty working folder: `likewise("models", "--json")`.

    The result has `exit_code`, `stdout` and `stderr`.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes | None = None) -> Any:
        return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)

    return run


@pytest.fixture
def shell(tmp_path: Path, model_folder: Path) -> Run:
    """Runs a line in a real shell, in an empty working folder; `$LIKEWISE` is the command."""

    def run(line: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"LIKEWISE": f"{sys.executable} -m likewise"} | settings
        return subprocess.run(
            ["bash", "-c", line],
            check=False, capture_output=True, cwd=tmp_path, env=environment, timeout=60,
            encoding="utf-8",
        )  # fmt: skip

    return run
