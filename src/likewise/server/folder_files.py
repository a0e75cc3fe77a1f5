"""The files of a folder that another process or thread may be changing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def folder_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The regular files below a folder, by name; what is deleted meanwhile is left out."""
    paths = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    for path in sorted(paths):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, status
