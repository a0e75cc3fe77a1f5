"""Memory limits for reading files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from likewise.data.readers.contract import Limits, Problem, SourceFile
from likewise.errors import InputError, RecordError

ROW_VARIABLE = "LIKEWISE_MAX_ROW_MIB"
FILE_VARIABLE = "LIKEWISE_MAX_FILE_MIB"
_MIB = 2**20
_PIECE = 2**20
"""Bytes read at once to skip a line over the limit."""


def limits_from_environment() -> Limits:
    """The limits from the environment, in MiB, else the defaults.

    Raises:
        InputError: a limit is not a number above 0.
    """
    default = Limits()
    return Limits(_bytes(ROW_VARIABLE, default.row), _bytes(FILE_VARIABLE, default.file))


def _bytes(variable: str, default: int) -> int:
    value = os.environ.get(variable)
    if not value:
        return default
    if not value.isdigit() or not int(value):
        raise InputError(f"{variable} is {value!r}", hint="give a number of MiB, such as 256")
    return int(value) * _MIB


def read_whole(stream: BinaryIO, source: SourceFile) -> bytes:
    """All bytes of a file.

    Raises:
        RecordError: the file is larger than the limit.
    """
    data = stream.read(source.limits.file + 1)
    if len(data) > source.limits.file:
        raise RecordError(
            f"{source.name} is larger than {_format_size(source.limits.file)}, and is read whole",
            hint=f"raise the limit with {FILE_VARIABLE}, in MiB, or split the file; "
            "JSON Lines and CSV are read row by row",
        )
    return data


def raw_lines(stream: BinaryIO, limit: int) -> Iterator[bytes | None]:
    """Lines with their line ends; None for a line over the limit."""
    while line := stream.readline(limit + 1):
        if len(line) <= limit:
            yield line
            continue
        while not line.endswith(b"\n") and (line := stream.readline(_PIECE)):
            pass
        yield None


def too_long(limit: int) -> Problem:
    """The problem of a row over the limit."""
    return Problem(
        f"longer than {_format_size(limit)}",
        f"split it, or raise the limit with {ROW_VARIABLE}, in MiB",
    )


def _format_size(size: int) -> str:
    """A number of bytes with a unit."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit:,} {name}"
    return f"{size:,} bytes"
