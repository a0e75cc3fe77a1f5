"""Hashes of files, computed once for each state of a file: 90 MB take 60 ms, each time anew."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from likewise.atomic import atomic
from likewise.cache import cache_folder
from likewise.errors import DamagedFileError, OutputError

LARGE = 1 << 20
"""Bytes from which on a hash is noted in the cache folder."""

SETTLED = 2.0
"""Seconds a file must have been left alone; in less, another change could have the same time."""

AGAIN = "the file is incomplete or damaged; download the checkpoint again"
_HASH = re.compile("[0-9a-f]{64}")


def sha256(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Hash of a file, read piece by piece; `progress` is told the bytes of each piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            if progress:
                progress(len(piece))
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read once as long as it stays untouched.

    Large ones are noted on disk under the file's path, size, inode and times of change. Of these
    the last, the time of change of its inode, is not for programs to set.
    """
    status = path.stat()
    state = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return _hash_at(path.absolute(), state)


@lru_cache(maxsize=256)
def _hash_at(path: Path, state: tuple[int, ...]) -> str:
    size, modified, changed, _ = state
    if size < LARGE or time.time() - max(modified, changed) / 1e9 < SETTLED:
        return sha256(path)
    key = hashlib.sha256(f"{os.fsdecode(path)}|{state}".encode(errors="surrogateescape"))
    note = cache_folder() / "hashes" / key.hexdigest()[:32]
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if _HASH.fullmatch(known := note.read_text("ascii")):
            return known
    found = sha256(path)
    with contextlib.suppress(OSError, OutputError):  # a cache that cannot be written is no error
        note.parent.mkdir(parents=True, exist_ok=True)
        with atomic(note) as file:
            file.write(found.encode())
    return found


def verify_sha256(path: Path, expected: str) -> None:
    """Hold a file against the hash it must have.

    Raises:
        DamagedFileError: it has another, or cannot be read.
    """
    try:
        found = file_hash(path)
    except FileNotFoundError:
        raise DamagedFileError(f"{path} is missing", hint=AGAIN) from None
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=AGAIN) from error
    if found != expected:
        raise DamagedFileError(
            f"{path} has SHA-256 {found[:12]}…, expected {expected[:12]}…", hint=AGAIN
        )
