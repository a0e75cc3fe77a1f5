"""The cache folder, for files that can be recomputed."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

_log = logging.getLogger("likewise")


def cache_folder() -> Path:
    """`LIKEWISE_CACHE`, or the platform's cache folder.

    If the platform's folder is not writable, a temporary folder is used until the process ends.
    """
    if override := os.environ.get("LIKEWISE_CACHE"):
        return Path(override).expanduser()
    try:
        folder = platformdirs.user_cache_path("likewise", appauthor=False, opinion=False)
    except RuntimeError:  # there is no home folder
        return _temporary("the home folder")
    return folder if _is_writable(folder) else _temporary(str(folder))


def _is_writable(folder: Path) -> bool:
    """Whether a folder is writable, or can be created."""
    nearest = next((p for p in (folder, *folder.parents) if os.path.lexists(p)), None)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


@cache
def _temporary(unwritable: str) -> Path:
    """A folder that is removed when the process ends, instead of one that is not writable."""
    folder = tempfile.mkdtemp(prefix="likewise-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _log.warning(
        "%s cannot be written: nothing is cached beyond this run (hint: set LIKEWISE_CACHE to a "
        "folder that is yours)", unwritable,
    )  # fmt: skip
    return Path(folder)
