"""Writes objects of a store: an object appears under its key when it is complete, or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from likewise.data.readers.object_store import (
    ObjectAddress,
    arrow_errors,
    file_system,
    object_address,
)
from likewise.errors import LikewiseError, OutputError
from likewise.extras import require

_BUFFER = 2**24
"""Bytes that are read from a file at once; at least those of a part of an upload."""
_DELETES = 16
"""Objects that are deleted at once."""


def check_disk(path: str | Path) -> None:
    """Check that an output is not an object of a store: only vectors are written to stores.

    Raises:
        OutputError: it is one.
    """
    if address := object_address(path):
        raise OutputError(
            f"cannot write {address}: this is written to a disk",
            hint="name a file of this machine, and copy it to the object store afterwards",
        )


def put_object(address: ObjectAddress, content: bytes) -> None:
    """Write an object.

    Raises:
        OutputError: the store refuses.
        MissingExtraError: the extra `files` is not installed.
    """
    system, bucket = file_system(address)
    with (
        _errors(address),
        system.open_output_stream(f"{bucket}/{address.key}", compression=None) as stream,
    ):
        stream.write(content)


@contextmanager
def object_file(address: ObjectAddress) -> Iterator[BinaryIO]:
    """A temporary file of this machine, whose content becomes an object at the end.

    Ctrl-C does not end an upload, which would leave a part of the object under its key.

    Raises:
        OutputError: the store refuses, or the disk is full.
        MissingExtraError: the extra `files` is not installed.
    """
    with tempfile.TemporaryFile(prefix="likewise-") as file:
        try:
            yield cast(BinaryIO, file)
            file.seek(0)
        except OSError as error:
            raise OutputError(
                f"cannot write {address}: {error.strerror or error} in {tempfile.gettempdir()}",
                hint="free some space, or name another folder with TMPDIR",
            ) from error
        with ThreadPoolExecutor(1) as thread:  # waits for the upload, also after Ctrl-C
            thread.submit(_upload, address, cast(BinaryIO, file)).result()


def objects_in(address: ObjectAddress) -> dict[str, int]:
    """The sizes of the objects directly below a prefix, by the last part of their keys.

    Raises:
        OutputError: they cannot be listed.
    """
    fs = require("pyarrow.fs", "files")
    system, bucket = file_system(address)
    with _errors(address):
        selector = fs.FileSelector(f"{bucket}/{address.key}", allow_not_found=True)
        found = system.get_file_info(selector)
    return {info.base_name: info.size for info in found if info.type == fs.FileType.File}


def remove_objects(address: ObjectAddress, names: Iterable[str]) -> None:
    """Delete some objects below a prefix.

    Raises:
        OutputError: the store refuses.
    """
    system, bucket = file_system(address)

    def remove(name: str) -> None:
        with _errors(address), suppress(FileNotFoundError):
            system.delete_file(f"{bucket}/{address.key}/{name}")

    with ThreadPoolExecutor(_DELETES) as threads:
        for _ in threads.map(remove, names):
            pass


def remove_prefix(address: ObjectAddress) -> None:
    """Delete all objects below a prefix.

    Raises:
        OutputError: the store refuses.
    """
    system, bucket = file_system(address)
    with _errors(address), suppress(FileNotFoundError):
        system.delete_dir(f"{bucket}/{address.key}")


def _upload(address: ObjectAddress, file: BinaryIO) -> None:
    system, bucket = file_system(address)
    with (
        _errors(address),
        system.open_output_stream(f"{bucket}/{address.key}", compression=None) as stream,
    ):
        shutil.copyfileobj(file, stream, _BUFFER)


@contextmanager
def _errors(address: ObjectAddress) -> Iterator[Any]:
    """Translates errors of Arrow."""
    try:
        yield
    except LikewiseError:
        raise
    except arrow_errors() as error:
        reason = re.sub(r"\s+", " ", str(error).strip().splitlines()[0])
        raise OutputError(f"cannot write {address}: {reason}", hint=address.hint) from error
