"""Objects of S3, Google Cloud Storage and Azure, read as files: `s3://bucket/key`."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path
from typing import Any, BinaryIO, cast

from likewise.data.readers.object_systems import SYSTEMS, VARIABLES, connected
from likewise.errors import RecordError
from likewise.extras import require

_ADDRESS = re.compile(rf"({'|'.join(SYSTEMS)}):/{{1,2}}([^/]*)/?(.*)", re.DOTALL)
"""A `Path` has only one of the two slashes."""
_BUFFER = 2**22
"""Bytes of one request while an object is read from its start."""
_DENIED = re.compile(
    r"AWS Error (ACCESS_DENIED|INVALID_|SIGNATURE|MISSING_AUTH|UNRECOGNIZED_CLIENT|EXPIRED)|"
    r"PERMISSION_DENIED|UNAUTHENTICATED|HTTP status 40[13]|Azure Error: \[Auth"
)


@dataclass(frozen=True)
class ObjectAddress:
    """The address of an object, or of all objects whose keys begin with a prefix.

    Attributes:
        scheme: one of `SYSTEMS`.
        bucket: its bucket; of `abfs`, `container@account.dfs.core.windows.net`.
        key: its key, or the prefix.
    """

    scheme: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"

    @property
    def hint(self) -> str:
        """What to look at where it cannot be reached, or is refused."""
        return (
            "check the address, that the bucket is there, and the provider's variables, such as "
            f"{VARIABLES[SYSTEMS[self.scheme]]}"
        )


def object_address(path: str | Path) -> ObjectAddress | None:
    """The address that a path is; None for files of this machine."""
    found = _ADDRESS.fullmatch(path.as_posix() if isinstance(path, Path) else path)
    return ObjectAddress(*found.groups()) if found else None


def located(path: str | Path) -> str | Path:
    """The whole address of an object, also of a `Path` made of one; other paths as they are."""
    address = object_address(path)
    return str(address) if address else path


def resolved(path: str | Path) -> str:
    """The one name of a file or an object, from wherever it is named."""
    address = object_address(path)
    return str(address) if address else str(Path(path).resolve())


@contextmanager
def open_object(address: ObjectAddress) -> Iterator[BinaryIO]:
    """Open an object for reading; only what is read is transferred, in pieces of 4 MiB.

    Raises:
        RecordError: there is no such object, or it cannot be read.
        MissingExtraError: the extra `files` is not installed.
    """
    with _opened(address) as file, io.BufferedReader(_ObjectFile(file, address), _BUFFER) as stream:
        yield cast(BinaryIO, stream)


def read_object(address: ObjectAddress, start: int, stop: int) -> bytes:
    """The bytes of a part of an object, in one request; errors as in `open_object`."""
    with _opened(address) as file, _errors(address):
        return bytes(file.read_at(stop - start, start))


def object_size(address: ObjectAddress) -> int:
    """The number of its bytes; errors as in `open_object`."""
    with _opened(address) as file, _errors(address):
        return int(file.size())


def object_version(address: ObjectAddress) -> str:
    """What changes when the content of an object does; errors as in `open_object`."""
    with _opened(address) as file, _errors(address):
        known = {str(name).lower(): value for name, value in (file.metadata() or {}).items()}
        tag = known.get("etag") or known.get("last-modified") or b""
        tag = tag.decode("utf-8", "replace") if isinstance(tag, bytes) else str(tag)
        return f"{tag} {file.size()}"


def is_prefix(address: ObjectAddress) -> bool:
    """Whether it stands for the objects below it, as a folder does; errors as in `open_object`."""
    if not address.key or address.key.endswith("/"):
        return True
    return _kind(address) == "Directory"


def is_object(address: ObjectAddress) -> bool:
    """Whether there is an object of exactly this key; errors as in `open_object`."""
    return _kind(address) == "File"


def _kind(address: ObjectAddress) -> str:
    system, bucket = file_system(address)
    with _errors(address):
        return str(system.get_file_info(f"{bucket}/{address.key}").type.name)


def object_states(address: ObjectAddress) -> dict[str, tuple[int, int]]:
    """Bytes and time (ns since 1970) of all objects below a prefix, by the rest of their keys.

    It is empty without any; errors as in `open_object`.
    """
    return _states(address, address.key.rstrip("/"), allow_not_found=True)


def objects_below(address: ObjectAddress) -> list[str]:
    """The addresses of the objects below a prefix, except hidden ones, in the order of a folder.

    Raises:
        RecordError: there is none, or they cannot be listed.
        MissingExtraError: the extra `files` is not installed.
    """
    base = address.key.strip("/")
    names = [parts for parts in _listed(address, base) if _visible(parts)]
    return [str(ObjectAddress(address.scheme, address.bucket, _joined(base, n))) for n in names]


def objects_matching(address: ObjectAddress, is_known: Callable[[str], bool]) -> list[str]:
    """The addresses of the objects that match a pattern, as `glob` matches files.

    Args:
        address: its key is the pattern.
        is_known: whether a name is of a known format; of a folder that matches, only such are
            taken.

    Raises:
        RecordError: they cannot be listed.
        MissingExtraError: the extra `files` is not installed.
    """
    pattern = address.key.split("/")
    fixed = next(n for n, part in enumerate(pattern) if has_magic(part))
    base, pattern = "/".join(pattern[:fixed]), pattern[fixed:]
    found = []
    for parts in _listed(address, base):
        name = str(ObjectAddress(address.scheme, address.bucket, _joined(base, parts)))
        if _matches(parts, pattern) or (
            "**" not in pattern
            and is_known(name)
            and any(
                _matches(parts[:n], pattern) and _visible(parts[n:]) for n in range(1, len(parts))
            )
        ):
            found.append(name)
    return found


@contextmanager
def downloaded(address: ObjectAddress) -> Iterator[Path]:
    """A temporary folder, of the last name of a prefix, with copies of the objects below it.

    Raises:
        RecordError: they cannot be read.
        MissingExtraError: the extra `files` is not installed.
    """
    base = address.key.strip("/")
    with tempfile.TemporaryDirectory(prefix="likewise-") as parent:
        folder = Path(parent, base.rpartition("/")[2] or address.bucket)
        for parts in filter(_visible, _listed(address, base)):
            target = folder.joinpath(*parts)
            if not target.resolve().is_relative_to(folder.resolve()):
                continue  # a key may have `..` in it
            target.parent.mkdir(parents=True, exist_ok=True)
            source = ObjectAddress(address.scheme, address.bucket, _joined(base, parts))
            with open_object(source) as stream, target.open("wb") as file:
                shutil.copyfileobj(stream, file, _BUFFER)
        yield folder


def _listed(address: ObjectAddress, base: str) -> list[tuple[str, ...]]:
    """The parts of the names of all objects below a key; files before folders, by name."""
    names = [tuple(name.split("/")) for name in _states(address, base)]
    return sorted(names, key=lambda parts: [(n + 1 < len(parts), p) for n, p in enumerate(parts)])


def _states(
    address: ObjectAddress, base: str, *, allow_not_found: bool = False
) -> dict[str, tuple[int, int]]:
    """Bytes and time of all objects below a key, by the rest of their own."""
    fs = require("pyarrow.fs", "files")
    system, bucket = file_system(address)
    root = f"{bucket}/{base}".rstrip("/")
    below = fs.FileSelector(root, recursive=True, allow_not_found=allow_not_found)
    with _errors(address):
        found = system.get_file_info(below)
    return {
        info.path[len(root) + 1 :]: (info.size, info.mtime_ns or 0)
        for info in found
        if info.type == fs.FileType.File
    }


def _joined(base: str, parts: tuple[str, ...]) -> str:
    return "/".join((*filter(None, (base,)), *parts))


def _visible(parts: tuple[str, ...]) -> bool:
    return not any(part.startswith(".") for part in parts)


def _matches(parts: tuple[str, ...], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_matches(parts[n:], rest) for n in range(len(parts) + 1) if _visible(parts[:n]))
    if not parts or not fnmatchcase(parts[0], first):
        return False
    return (first.startswith(".") or _visible(parts[:1])) and _matches(parts[1:], rest)


class _ObjectFile(io.RawIOBase):
    """An open object as a raw stream; its errors name the address."""

    def __init__(self, file: Any, address: ObjectAddress) -> None:
        self._file, self._address = file, address

    def readinto(self, buffer: Any) -> int:
        with _errors(self._address):
            return int(self._file.readinto(buffer))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with _errors(self._address):
            self._file.seek(offset, whence)
            return int(self._file.tell())

    def tell(self) -> int:
        return int(self._file.tell())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


@contextmanager
def _opened(address: ObjectAddress) -> Iterator[Any]:
    system, bucket = file_system(address)
    with _errors(address):
        try:
            file = system.open_input_file(f"{bucket}/{address.key}")
        except FileNotFoundError:
            if _is_missing(system, bucket):
                raise RecordError(
                    f"no such bucket: {address.scheme}://{address.bucket}", hint=address.hint
                ) from None
            raise
    with file:
        yield file


def _is_missing(system: Any, bucket: str) -> bool:
    try:
        found = system.get_file_info(bucket)
    except OSError:  # a key to one object gives no right to look at its bucket
        return False
    return bool(found.type == require("pyarrow.fs", "files").FileType.NotFound)


def file_system(address: ObjectAddress) -> tuple[Any, str]:
    """The file system of an address, and the path of its bucket there."""
    if not address.bucket:
        raise RecordError(f"{address} names no bucket", hint="such as s3://bucket/texts.jsonl")
    with _errors(address):
        return connected(address.scheme, address.bucket)


def arrow_errors() -> tuple[type[Exception], ...]:
    """What Arrow raises where a store refuses, or where a variable is wrong."""
    return (OSError, ValueError, NotImplementedError, require("pyarrow", "files").ArrowException)


@contextmanager
def _errors(address: ObjectAddress) -> Iterator[None]:
    """Translates errors of Arrow."""
    try:
        yield
    except RecordError:
        raise
    except FileNotFoundError as error:
        raise RecordError(
            f"no such object: {address}",
            hint="check the key; to read all objects below a prefix, end it with /",
        ) from error
    except arrow_errors() as error:
        reason = str(error).strip().splitlines()[0]
        if "NO_SUCH_BUCKET" in reason:
            raise RecordError(
                f"no such bucket: {address.scheme}://{address.bucket}", hint=address.hint
            ) from error
        denied = _DENIED.search(reason)
        what = "no rights to read" if denied else "cannot read"
        raise RecordError(f"{what} {address}: {reason}", hint=address.hint) from error
