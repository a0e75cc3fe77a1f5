"""SHA-256 of files, cached for each state of a file, since 90 MB take 60 ms to hash."""

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

MIN_CACHED_BYTES = 1 << 20
"""Size of a file from which its hash is cached on disk."""

MIN_AGE = 2.0
"""Seconds since the last change of a file from which its hash is cached. Two changes in a shorter
time may have the same timestamp."""

DOWNLOAD_AGAIN = "the file is incomplete or damaged; download the checkpoint again"
_HASH = re.compile("[0-9a-f]{64}")


def sha256(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """Hash of a file; `progress` is called with the bytes of each block read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            if progress:
                progress(len(block))
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, from the cache if the file has not changed.

    The key is the path, size, inode, modification time and inode change time. Programs cannot set
    the last one. Hashes of large files are cached on disk, others in memory.
    """
    status = path.stat()
    state = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return _hash_at(path.absolute(), state)


@lru_cache(maxsize=256)
def _hash_at(path: Path, state: tuple[int, ...]) -> str:
    size, modified, changed, _ = state
    if size < MIN_CACHED_BYTES or time.time() - max(modified, changed) / 1e9 < MIN_AGE:
        return sha256(path)
    key = hashlib.sha256(f"{os.fsdecode(path)}|{state}".encode(errors="surrogateescape"))
    cached = cache_folder() / "hashes" / key.hexdigest()[:32]
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if _HASH.fullmatch(content := cached.read_text("ascii")):
            return content
    digest = sha256(path)
    with contextlib.suppress(OSError, OutputError):  # a read-only cache is not an error
        cached.parent.mkdir(parents=True, exist_ok=True)
        with atomic(cached) as file:
            file.write(digest.encode())
    return digest


def verify_sha256(path: Path, expected: str) -> None:
    """Compare the hash of a file with the expected one.

    Raises:
        DamagedFileError: they differ, or the file cannot be read.
    """
    try:
        digest = file_hash(path)
    except FileNotFoundError:
        raise DamagedFileError(f"{path} is missing", hint=DOWNLOAD_AGAIN) from None
    except OSError as error:
        raise DamagedFileError(f"{path} cannot be read: {error}", hint=DOWNLOAD_AGAIN) from error
    if digest != expected:
        raise DamagedFileError(
            f"{path} has SHA-256 {digest[:12]}…, expected {expected[:12]}…", hint=DOWNLOAD_AGAIN
        )
