"""Runs of `embed_file` that are interrupted, and their files."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from likewise import Encoder
from likewise.analysis.embed_file import embed_file
from likewise.progress import Progress
from likewise.tokenization.token_stream import BATCH_TEXTS

COUNT = 5 * BATCH_TEXTS + 321
WORDS = ("a", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "in", "that", "old", "town")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def write_lines(path: Path, count: int, seed: int = 0) -> Path:
    rng = random.Random(seed)
    lines = (" ".join(rng.choices(WORDS, k=rng.randint(1, 10))) for _ in range(count))
    path.write_text("".join(line + "\n" for line in lines))
    return path


class StoppedError(Exception):
    """Interrupts a run."""


class StopAfter(Progress):
    """Progress that interrupts the run after a number of texts."""

    def __init__(self, texts: int) -> None:
        self.remaining = texts

    def __call__(self, done: int) -> None:
        self.remaining -= done
        if self.remaining <= 0:
            raise StoppedError


def stop_after(tiny: Encoder, source: Path, target: Path, texts: int) -> None:
    with pytest.raises(StoppedError):
        embed_file(tiny, source, target, progress=StopAfter(texts))
    assert not target.exists()


def parts(out: Path) -> list[str]:
    try:
        return sorted(path.name for path in out.rglob("*.npy") if path.parent != out)
    except FileNotFoundError:  # the run has finished and removed its folder
        return []


def command(folder: Path, source: Path, target: Path) -> list[str]:
    return [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "-m", str(folder), "--compute", "float32",
    ]  # fmt: skip
