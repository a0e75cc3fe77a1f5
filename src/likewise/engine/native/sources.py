"""Paths of the kernels' sources and library. The build runs this file too."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

SOURCES = Path(__file__).parent / "kernels"
SUFFIXES = {"win32": "dll", "darwin": "dylib"}
LIBRARY = SOURCES.with_suffix(f".{SUFFIXES.get(sys.platform, 'so')}")


def sources_hash() -> int:
    """64 bits of the SHA-256 of the sources, which the library contains."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*.?pp")):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return int.from_bytes(digest.digest()[:8], "little")
