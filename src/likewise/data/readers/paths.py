"""Expands folders, prefixes of object stores and glob patterns into files, in a fixed order."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from likewise.data.readers.formats import format_of
from likewise.data.readers.object_store import (
    ObjectAddress,
    is_object,
    is_prefix,
    object_address,
    objects_below,
    objects_matching,
)
from likewise.errors import RecordError
from likewise.progress import MessageCallback


def expand(path: str | Path, on_message: MessageCallback) -> Iterator[str | Path]:
    """The files of a path.

    A folder gives all files of a known format below it, except hidden ones, sorted by name; the
    number of other files is reported; so does an address of an object store that ends with `/`. A
    path with `*`, `?` or `[` that does not exist is a pattern (`**` matches any depth).

    Raises:
        RecordError: a folder or a pattern gives no file.
    """
    if str(path) == "-":
        yield path
    elif address := object_address(path):
        yield from _objects(address, on_message)
    elif Path(path).is_dir():
        yield from _in_folder(path, on_message)
    elif glob.has_magic(str(path)) and not Path(path).exists():
        yield from _matching(str(path), on_message)
    else:
        yield path


def is_folder(path: str | Path) -> bool:
    """Whether a path is a folder, or the address of all objects below a prefix.

    Raises:
        RecordError: the object store cannot be read.
    """
    address = object_address(path)
    return is_prefix(address) if address else Path(path).is_dir()


def _objects(address: ObjectAddress, on_message: MessageCallback) -> Iterator[str]:
    if glob.has_magic(address.key) and not is_object(address):
        found = objects_matching(address, lambda name: format_of(name) is not None)
        if not found:
            raise RecordError(f"nothing matches {address}", hint="check the pattern")
        yield from found
    elif is_prefix(address):
        yield from _known_only(address, objects_below(address), on_message)
    else:
        yield str(address)


F = TypeVar("F", str, Path)


def _in_folder(folder: str | Path, on_message: MessageCallback) -> Iterator[Path]:
    return _known_only(folder, _below(folder), on_message)


def _known_only(folder: object, files: Iterable[F], on_message: MessageCallback) -> Iterator[F]:
    """The files of a folder that are of a known format."""
    known, unknown = _by_known_format(files)
    if not known:
        raise RecordError(
            f"{folder} has no file of a known format", hint="give another file or folder"
        )
    if unknown:
        counts = ", ".join(f"{n:,} {suffix}" for suffix, n in sorted(unknown.items()))
        on_message(f"{folder}: {unknown.total():,} files of other formats are left out ({counts})")
    yield from known


def _below(folder: str | Path) -> Iterator[Path]:
    def refuse(error: OSError) -> Any:
        raise RecordError(
            f"cannot read {error.filename}: {error.strerror}", hint="check its permissions"
        ) from error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _by_known_format(files: Iterable[F]) -> tuple[list[F], Counter[str]]:
    known: list[F] = []
    unknown: Counter[str] = Counter()
    for file in files:
        if format_of(file):
            known.append(file)
        else:
            unknown[Path(file).suffix.lower() or "without a suffix"] += 1
    return known, unknown


def _matching(pattern: str, on_message: MessageCallback) -> Iterator[str | Path]:
    found = sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise RecordError(f"nothing matches {pattern}", hint="check the pattern")
    for path in found:
        if Path(path).is_dir():  # `**` matches both folders and their files
            if "**" not in pattern:
                yield from _in_folder(path, on_message)
        else:
            yield path
