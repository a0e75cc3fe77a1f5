"""Finds the ends of rows in text files, and collects them into ranges."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from likewise.data.readers.csv_rows import CsvRow, csv_rows

_PIECE = 2**16
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Range:
    """Consecutive rows of a file.

    Attributes:
        start: the first byte; the first row or record, from 0, where a file is split by these.
        stop: the end.
        line: number of the first line or row, from 1.
    """

    start: int
    stop: int
    line: int


class UnsplittableError(Exception):
    """A file has rows that cannot be found without reading it from its start."""


class Scan:
    """Collects complete rows into ranges.

    Args:
        size: least bytes of a range.

    Attributes:
        header: the row with the names of columns; a blank line where there is none.
        first_non_ascii: offset of the first line that is not ASCII; None if all are.
        piece: bytes that are read and added at once.
    """

    def __init__(self, size: int) -> None:
        self.header = b"\n"
        self.first_non_ascii: int | None = None
        self.piece = min(size, _PIECE)
        self._size = size
        self._digest = hashlib.sha256()
        self._ranges: list[Range] = []
        self._start = self._at = self._row = 0
        self._line = self._next_line = 1

    def add(self, content: bytes) -> None:
        """Add rows; content that does not end a line is continued by the next content."""
        self._digest.update(content)
        if self.first_non_ascii is None and (found := _NON_ASCII.search(content)):
            line = content.rfind(b"\n", 0, found.start()) + 1
            self.first_non_ascii = self._at + line if line else self._row
        self._at += len(content)
        self._next_line += content.count(b"\n")
        if content.endswith(b"\n"):
            self._row = self._at
            if self._at - self._start >= self._size:
                self.end_range()

    def end_range(self) -> None:
        """End the current range, unless it is empty."""
        if self._at > self._start:
            self._ranges.append(Range(self._start, self._at, self._line))
        self._start, self._line = self._at, self._next_line

    def skip(self, content: bytes, header: bytes = b"") -> None:
        """Add what is not part of a range: the header of a table, and what is before it."""
        size, self._size = self._size, 2**62
        self.add(content)
        self._size = size
        self.header = header.rstrip(b"\r\n") + b"\n"
        self._start, self._line = self._at, self._next_line

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges, in order."""
        return tuple(self._ranges)

    @property
    def digest(self) -> str:
        """SHA-256 of all content."""
        return self._digest.hexdigest()


def scan_rows(stream: BinaryIO, suffix: str, limit: int, scan: Scan) -> None:
    """Add the rows of a file to a scan.

    Args:
        stream: the open file, with a `peek` method.
        suffix: of its name, in lower case.
        limit: most bytes of a line.
        scan: collects the rows.

    Raises:
        UnsplittableError: a line over the limit in a table, or no readable header.
    """
    if stream.peek(3)[:3] == _BYTE_ORDER_MARK:  # type: ignore[attr-defined]
        scan.skip(stream.read(3))
    if suffix == ".csv":
        _scan_csv(stream, limit, scan)
    elif suffix == ".tsv":
        _skip_tsv_header(stream, limit, scan)
        _scan_lines(stream, scan)
    else:
        _scan_lines(stream, scan)
    scan.end_range()


def _scan_lines(stream: BinaryIO, scan: Scan) -> None:
    while content := stream.read(scan.piece):
        end = content.rfind(b"\n") + 1
        scan.add(content[:end] if end else content)
        if end and end < len(content):
            scan.add(content[end:])


def _skip_tsv_header(stream: BinaryIO, limit: int, scan: Scan) -> None:
    before = b""
    while line := stream.readline(limit + 1):
        if len(line) > limit:
            raise UnsplittableError
        before += line
        if line.strip(b"\r\n"):
            scan.skip(before, _decodable(line))
            return


def _scan_csv(stream: BinaryIO, limit: int, scan: Scan) -> None:
    rows = _csv_contents(stream, limit)
    before = b""
    for content, row in rows:
        before += content
        if row is None or row.cells:
            scan.skip(before, _decodable(content))
            break
        if row.problem:
            raise UnsplittableError
    pending: list[bytes] = []
    size = 0
    for content, _ in rows:
        pending.append(content)
        size += len(content)
        if size >= scan.piece:
            scan.add(b"".join(pending))
            pending, size = [], 0
    if pending:
        scan.add(b"".join(pending))


def _csv_contents(stream: BinaryIO, limit: int) -> Iterator[tuple[bytes, CsvRow | None]]:
    """The bytes of each row; rows with quotes are parsed, and so are blank lines."""
    taken: list[bytes] = []

    def lines(first: bytes) -> Iterator[tuple[str, int]]:
        line = first
        while line:
            if len(line) > limit:
                raise UnsplittableError
            taken.append(line)
            # only quotes and commas matter; they are the same bytes in all encodings in use
            yield line.decode("latin-1"), len(line)
            line = stream.readline(limit + 1)

    while line := stream.readline(limit + 1):
        if b'"' not in line and line.strip(b"\r\n") and len(line) <= limit:
            yield line, None
            continue
        row = next(csv_rows(lines(line), limit))
        yield b"".join(taken), row
        taken.clear()


def _decodable(header: bytes) -> bytes:
    """A header of names that are UTF-8; others are read with the whole file."""
    try:
        header.decode()
    except UnicodeDecodeError as error:
        raise UnsplittableError from error
    return header
