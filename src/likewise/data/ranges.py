"""Splits a file into ranges that can be read independently, with the same records.

JSON Lines, plain text, CSV and TSV are split by bytes, at the ends of rows (a quoted cell of a CSV
file may span lines), Parquet by rows. What a reader learns from the start of a file, such as its
encoding and its text column, is determined once and passed to all ranges. Other files, and
compressed ones, are split by records: each range is read from the start of the file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from likewise.data.range_scan import Range, Scan, UnsplittableError, scan_rows
from likewise.data.readers import (
    Row,
    SourceFile,
    limits_from_environment,
    located,
    object_address,
    open_binary,
)
from likewise.data.readers.encodings import marked_encoding, read_lines
from likewise.data.readers.formats import require_format
from likewise.data.readers.object_store import object_size, object_version, read_object
from likewise.data.readers.prose import reads_paragraphs
from likewise.data.records import OnError, Record, read_records, read_stream
from likewise.errors import RecordError
from likewise.extras import require

RangeKind = Literal["bytes", "parquet", "records"]

_BYTES = (".txt", ".text", ".jsonl", ".ndjson", ".csv", ".tsv")
_RECORDS = 2048
"""Records of a range of a file that is read from its start."""
_SAMPLE = 2**17
"""Bytes from the first non-ASCII line by which the encoding is detected."""
_BATCH = 8192
"""Rows of Parquet read at once."""


@dataclass(frozen=True)
class SplitFile:
    """A file, its ranges, and what holds for all of them.

    Attributes:
        path: the file, or the address of an object.
        kind: how it is split.
        ranges: the ranges, in order.
        digest: identifies its content and the suffixes of its name; see `file_digest`.
        column: the column of the texts, if it was given.
        chosen: the column by the first row that has columns; None if no row has.
        encoding: of the text; None where ranges are not read by bytes.
        header: bytes that are read before each range of bytes.
    """

    path: str | Path
    kind: RangeKind
    ranges: tuple[Range, ...]
    digest: str
    column: str | None = None
    chosen: str | None = None
    encoding: str | None = None
    header: bytes = b""


def split_file(
    path: str | Path,
    size: int,
    *,
    column: str | None = None,
    encoding: str | None = None,
    on_error: OnError | None = None,
) -> SplitFile:
    """Split a file; reads all of it once, without parsing rows that have no quotes.

    Args:
        path: any file that `read_records` reads.
        size: least bytes of a range.
        column: the column of the texts; detected when not given.
        encoding: of the file; detected when not given.
        on_error: as in `read_records`; called for files that are split by records.

    Raises:
        RecordError: the file cannot be read.
        InputError: an unknown column.
    """
    path = located(path)
    suffix = Path(path).suffix.lower()
    if suffix == ".parquet":
        return _split_parquet(path, size, column, encoding)
    if suffix in _BYTES:
        try:
            return _split_bytes(path, size, column, encoding)
        except UnsplittableError:
            pass
    records = read_records(path, column=column, encoding=encoding, on_error=on_error)
    count = sum(1 for _ in records)
    starts = range(0, count, _RECORDS)
    ranges = tuple(Range(start, min(start + _RECORDS, count), 1) for start in starts)
    return SplitFile(path, "records", ranges, file_digest(path), column, None, encoding)


def read_range(
    split: SplitFile, part: Range, *, on_error: OnError | None = None
) -> Iterator[Record]:
    """The records of a range, as `read_records` reads them.

    Args:
        split: the file.
        part: one of its ranges.
        on_error: as in `read_records`.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
    """
    if split.kind == "records":
        records = read_records(
            split.path, column=split.column, encoding=split.encoding, on_error=on_error
        )
        yield from islice(records, part.start, part.stop)
        return
    name = str(split.path)
    if split.kind == "parquet":
        with open_binary(split.path, name) as file:
            yield from read_stream(
                file, name, partial(_parquet_rows, part), column=split.column,
                chosen=split.chosen, on_error=on_error,
            )  # fmt: skip
        return
    content = split.header + _content(split.path, part)
    yield from read_stream(
        _buffered(content), name, require_format(split.path).reader("line"), column=split.column,
        chosen=split.chosen, encoding=split.encoding,
        first_line=part.line - split.header.count(b"\n"), on_error=on_error,
    )  # fmt: skip


def read_split(split: SplitFile, *, on_error: OnError | None = None) -> Iterator[Record]:
    """The records of all ranges; see `read_range`."""
    if split.kind == "records":
        yield from read_records(
            split.path, column=split.column, encoding=split.encoding, on_error=on_error
        )
        return
    for part in split.ranges:
        yield from read_range(split, part, on_error=on_error)


def file_size(path: str | Path) -> int:
    """The number of bytes of a file or an object.

    Raises:
        RecordError: the object cannot be read.
        OSError: the file cannot be read.
    """
    address = object_address(path)
    return object_size(address) if address else Path(path).stat().st_size


def file_digest(path: str | Path) -> str:
    """SHA-256 of the bytes of a file, and the suffixes of its name.

    An object is not read: it is identified by the tag that its store gives its content (ETag).

    Raises:
        RecordError: the file cannot be read.
    """
    suffixes = "".join(Path(path).suffixes)
    if address := object_address(path):
        return hashlib.sha256(object_version(address).encode()).hexdigest() + suffixes
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() + suffixes
    except FileNotFoundError as error:
        raise RecordError(f"no such file: {path}", hint="check the path") from error
    except OSError as error:
        raise RecordError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path"
        ) from error


# ranges of bytes


def _split_bytes(
    path: str | Path, size: int, column: str | None, encoding: str | None
) -> SplitFile:
    name = str(path)
    _check_lines(path, encoding)
    before = file_digest(path) if object_address(path) else None
    with open_binary(path, name) as file:
        scan = Scan(size)
        scan_rows(file, Path(path).suffix.lower(), limits_from_environment().row, scan)
    found = encoding or _detected(path, scan)
    digest = before or scan.digest + "".join(Path(path).suffixes)
    split = SplitFile(path, "bytes", scan.ranges, digest, column, None, found, scan.header)
    return replace(split, chosen=_chosen(split))


def _check_lines(path: str | Path, encoding: str | None) -> None:
    """Raise an error for text that is not read line by line, or not byte by byte."""
    name = str(path)
    source = SourceFile(name, encoding, lambda _: None, limits=limits_from_environment())
    with open_binary(path, name) as file:
        wide = encoding or marked_encoding(file.peek(64)[:64]) or ""  # type: ignore[attr-defined]
        if wide.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32", "u16")):
            raise UnsplittableError
        if Path(path).suffix.lower() in (".txt", ".text") and reads_paragraphs(file, source):
            raise UnsplittableError


def _detected(path: str | Path, scan: Scan) -> str:
    """The encoding by the first line that is not ASCII."""
    if scan.first_non_ascii is None:
        return "utf-8"
    found: list[str] = []
    with open_binary(path, str(path)) as file:
        file.seek(scan.first_non_ascii)
        sample = b"\n" + file.read(_SAMPLE) + file.readline(_SAMPLE)
    source = SourceFile(
        str(path), None, lambda _: None, lambda _, encoding: found.append(encoding.name)
    )
    for _ in read_lines(_buffered(sample), source):
        if found:
            break
    return found[0] if found else "utf-8"


def _chosen(split: SplitFile) -> str | None:
    """The column by the first row that has columns."""
    suffix = Path(split.path).suffix.lower()
    if suffix in (".txt", ".text"):
        return None
    for part in split.ranges:
        if suffix in (".jsonl", ".ndjson") and b"{" not in _content(split.path, part):
            continue
        for record in read_range(split, part, on_error=lambda _: None):
            if record.column is not None:
                return record.column
    return None


def _content(path: str | Path, part: Range) -> bytes:
    if address := object_address(path):
        return read_object(address, part.start, part.stop)
    with open_binary(path, str(path)) as file:
        file.seek(part.start)
        return file.read(part.stop - part.start)


def _buffered(content: bytes) -> BinaryIO:
    """A stream with a `peek` method."""
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, io.BytesIO(content))))


# Parquet


def _split_parquet(
    path: str | Path, size: int, column: str | None, encoding: str | None
) -> SplitFile:
    digest = file_digest(path)
    first = next(
        read_records(path, column=column, encoding=encoding, on_error=lambda _: None), None
    )
    with open_binary(path, str(path)) as file:
        rows = require("pyarrow.parquet", "files").ParquetFile(file).metadata.num_rows
    parts = max(1, min(rows, file_size(path) // size))
    step = -(-rows // parts)
    ranges = tuple(Range(at, min(at + step, rows), at + 1) for at in range(0, rows, step or 1))
    chosen = first.column if first else None
    return SplitFile(path, "parquet", ranges, digest, column, chosen)


def _parquet_rows(part: Range, stream: BinaryIO, source: SourceFile) -> Iterator[Row]:  # noqa: ARG001
    file: Any = require("pyarrow.parquet", "files").ParquetFile(stream)
    groups: list[int] = []
    at = first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if at < part.stop and at + rows > part.start:
            first = first if groups else at
            groups.append(group)
        at += rows
    number = first
    for batch in file.iter_batches(batch_size=_BATCH, row_groups=groups):
        skip = max(0, part.start - number)
        for offset, row in enumerate(batch.slice(skip, part.stop - number - skip).to_pylist()):
            yield Row(number + skip + offset + 1, row)
        number += len(batch)
        if number >= part.stop:
            return
