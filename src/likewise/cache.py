"""Where the project keeps what it can make again."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

_log = logging.getLogger("likewise")


def cache_folder() -> Path:
    """`LIKEWISE_CACHE`, or the platform's own place for caches.

    Where the platform's own place cannot be written, it is a temporary folder that goes with the
    process.
    """
    if chosen := os.environ.get("LIKEWISE_CACHE"):
        return Path(chosen).expanduser()
    try:
        place = _platform_folder()
    except RuntimeError:  # there is no home
        return _temporary("the home folder")
    return place if _is_writable(place) else _temporary(str(place))


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "likewise"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/likewise"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "likewise"


def _is_writable(place: Path) -> bool:
    """Whether a folder can be written, or made where it is not there yet."""
    nearest = next((p for p in (place, *place.parents) if os.path.lexists(p)), None)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


@cache
def _temporary(place: str) -> Path:
    """A folder that is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="likewise-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _log.warning(
        "%s cannot be written: nothing is cached beyond this run (hint: set LIKEWISE_CACHE to a "
        "folder that is yours)", place,
    )  # fmt: skip
    return Path(folder)
