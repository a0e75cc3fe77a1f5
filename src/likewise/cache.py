"""Where the project keeps what it can make again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """`LIKEWISE_CACHE`, or the platform's own place for caches."""
    if chosen := os.environ.get("LIKEWISE_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "likewise"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/likewise"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "likewise"
