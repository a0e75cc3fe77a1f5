"""Small checkpoints of widths that the kernels take."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from likewise.engine.architectures import DESCRIPTIONS
from likewise.engine.native import library, supported

COMPUTES = ("float32", "bfloat16", "int8")
KERNEL_SIZES = {
    "hidden_size": 128, "dim": 128, "num_attention_heads": 4, "n_heads": 4,
    "intermediate_size": 192, "hidden_dim": 192,
}  # fmt: skip
"""Small, and of widths that the kernels take."""


@pytest.fixture(params=sorted(DESCRIPTIONS))
def folder(request: pytest.FixtureRequest, checkpoints: Any, families: dict[str, Any]) -> Path:
    return make(checkpoints, families[request.param])


@pytest.fixture
def bert(checkpoints: Any, families: dict[str, Any]) -> Path:
    return make(checkpoints, families["bert"])


def make(checkpoints: Any, family: Any) -> Path:
    small = family.small | {n: KERNEL_SIZES[n] for n in family.small if n in KERNEL_SIZES}
    wide = dataclasses.replace(family, name=f"{family.name}-wide", small=small)
    made: Path = checkpoints.make(wide)
    return made


@pytest.fixture(params=[f"{c}-{i}" for i in library.INSTRUCTIONS for c in COMPUTES])
def compute(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each number format under each instruction set."""
    compute, instructions = str(request.param).split("-")
    monkeypatch.setenv(library.INSTRUCTIONS_VARIABLE, instructions)
    needed(compute)
    return compute


def needed(compute: str) -> None:
    if compute not in supported():
        pytest.skip(f"there are no kernels for {compute} on this processor")
