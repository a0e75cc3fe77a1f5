"""The cache folder, for files that can be recomputed."""

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
    """`LIKEWISE_CACHE`, or the platform's cache folder.

    If the platform's folder is not writable, a temporary folder is used until the process ends.
    """
    if chosen := os.environ.get("LIKEWISE_CACHE"):
        return Path(chosen).expanduser()
    try:
        place = _platform_folder()
    except RuntimeError:  # no home folder
        return _temporary("the home folder")
    return place if _is_writable(place) else _temporary(str(place))


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "likewise"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/likewise"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "likewise"


def _is_writable(place: Path) -> bool:
    """Whether a folder is writable, or can be created."""
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
