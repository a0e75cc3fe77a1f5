"""Likewise itself: presets are values of `compute`."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.adapters.checkpoint import Encode

PACKAGES = ("likewise", "openvino", "tokenizers")


def prepare(data: Path) -> None:
    """Nothing: int8 is made on first use and kept in the cache."""


def load(models: Path, preset: str) -> Encode:  # noqa: ARG001 - one shape for all adapters
    """The bundled checkpoint in a compute."""
    import likewise

    return likewise.load("all-MiniLM-L6-v2", compute=preset).encode


def open_folder(folder: Path, preset: str) -> Encode:
    """Another checkpoint; what is made of it is kept beside it, and goes when it goes."""
    import likewise

    os.environ["LIKEWISE_CACHE"] = str(folder / "cache")
    return likewise.load(folder, compute=preset).encode
