"""A tiny model, a file of texts, and a folder for results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import likewise
from likewise import Encoder
from tests.analysis.interrupted import COUNT, write_lines


@pytest.fixture
def folder(tiny_checkpoint: Callable[..., Path]) -> Path:
    return tiny_checkpoint()


@pytest.fixture
def tiny(folder: Path) -> Encoder:
    return likewise.load(folder, compute="float32")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "lines.txt", COUNT)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    return out
