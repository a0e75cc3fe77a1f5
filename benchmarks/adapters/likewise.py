"""Likewise itself: presets are values of `compute`."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("likewise", "openvino", "tokenizers")


def prepare(data: Path) -> None:
    """Nothing: int8 weights are computed on first use and cached."""


def load(models: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """The bundled checkpoint with this `compute`."""
    import likewise

    return likewise.load("all-MiniLM-L6-v2", compute=preset).encode


def open_folder(folder: Path, preset: str) -> Encode:
    """Another checkpoint; what is computed from it is cached beside it."""
    import likewise

    os.environ["LIKEWISE_CACHE"] = str(folder / "cache")
    return likewise.load(folder, compute=preset).encode
