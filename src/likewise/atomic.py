"""Atomic file writes: a file is either complete or absent."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from likewise.errors import LikewiseError, OutputError

_HINTS = {
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EDQUOT: "free some of your quota, or write to another disk",
    errno.EACCES: "write to a folder that is yours",
    errno.EPERM: "write to a folder that is yours",
    errno.EROFS: "this disk is read-only; write to another one",
    errno.ENOENT: "create the folder first",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.EISDIR: "this is a folder; name a file in it",
    errno.ENAMETOOLONG: "choose a shorter name",
}


@contextmanager
def atomic(
    path: str | Path, scratch: Path | None = None, *, private: bool = False
) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when it is complete and on the disk.

        with atomic("out.json") as file:
            file.write(b"{}")

    The content is written to a temporary file in the same folder, which replaces the target at the
    end. After an error or Ctrl-C, the temporary file is removed and the target is unchanged. Pipes
    and devices, such as `/dev/stdout`, are written directly.

    Args:
        path: the target file.
        scratch: a folder on the same disk for the temporary file, which kill -9 leaves there.
        private: nobody but the owner may read the file (mode 0600).

    Raises:
        OutputError: the disk is full, the folder is missing or may not be written to, …
    """
    target = Path(path)
    try:
        target = target.resolve()
        special = target.exists() and not target.is_file() and not target.is_dir()
        with open(target, "wb") if special else _beside(target, scratch, private) as file:
            yield file
    except LikewiseError:
        raise
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}",
            hint=_HINTS.get(error.errno or 0, "check the path and the disk"),
        ) from error


@contextmanager
def _beside(target: Path, scratch: Path | None, private: bool) -> Iterator[BinaryIO]:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    name = f".{target.name[:80]}.{secrets.token_hex(6)}.tmp"
    temporary = (scratch or target.parent) / name
    try:
        with open(temporary, "xb", opener=_open_private if private else None) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists() and not private:
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
