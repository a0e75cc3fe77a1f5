"""An index build that is killed at any moment loses nothing it reported and doubles nothing."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from likewise.collections.open_collection import open_collection

TEXTS = 6000
PROGRAM = Path(__file__).with_name("killed.py")


def build(file: Path, store: Path, seconds: float | None) -> str:
    """Run the build, killed after so many seconds; what it said."""
    command = [sys.executable, str(PROGRAM), str(file), str(store)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        said = ""
        if seconds is not None:
            said = run.stdout.readline()  # the first commit: until then there is only importing
            time.sleep(seconds)
            run.send_signal(signal.SIGKILL)
        said += run.stdout.read()
        errors = run.stderr.read()
    assert run.returncode in (0, -signal.SIGKILL), errors
    return said


def kill_and_resume(tmp_path: Path, times: int, seed: int) -> None:
    file, store = tmp_path / "texts.txt", tmp_path / "store"
    file.write_text("".join(f"Text number {n}.\n" for n in range(TEXTS)))
    chance = random.Random(seed)
    here = 0
    for _ in range(times):
        said = build(file, store, chance.uniform(0, 0.6))
        reported = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) written", said)]
        rows = open_collection("c", store=store)._table.to_arrow()
        ids = rows["id"].to_pylist()
        assert len(ids) == len(set(ids)) == len(set(rows["text"].to_pylist()))
        assert len(ids) >= here + max(reported, default=0)
        here = len(ids)
        if "finished" in said:
            break
    assert "finished" in build(file, store, None)
    collection = open_collection("c", store=store)
    rows = collection._table.to_arrow()
    assert sorted(rows["line"].to_pylist()) == list(range(1, TEXTS + 1))
    assert len(set(rows["text"].to_pylist())) == TEXTS
    assert collection.summary().whole


def test_killed_three_times(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 3, seed=1)


@pytest.mark.slow
def test_killed_twenty_times(tmp_path: Path) -> None:
    for seed in range(5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        kill_and_resume(folder, 4, seed=seed)
