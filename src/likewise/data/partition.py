"""Splits a file by rows into two files of the same format, and merges them again.

Text files are split as bytes: encoding, line ends, quotes and blank lines are preserved, and the
merged file is byte-identical. JSON lists and Parquet files are identical item by item.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from likewise.atomic import atomic
from likewise.data.readers import open_binary
from likewise.data.readers.contract import SourceFile
from likewise.data.readers.csv_rows import csv_rows
from likewise.data.readers.formats import COMPRESSED
from likewise.data.readers.limits import limits_from_environment, raw_lines, too_long
from likewise.data.readers.objects import json_list
from likewise.data.readers.tables import parquet_table
from likewise.errors import InputError, RecordError
from likewise.extras import require

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FilePart:
    """An indivisible part of a text file.

    Attributes:
        line: its first line, from 1; 0 for the header of a table, which both files get.
        content: its bytes, including line ends.
    """

    line: int
    content: bytes


def kind(path: str | Path) -> str:
    """The file extension without the one of its compression.

    Raises:
        InputError: files of this format cannot be written row by row.
    """
    name = Path(path).name.lower()
    for compressed in COMPRESSED:
        name = name.removesuffix(compressed)
    suffix = Path(name).suffix or ".txt"
    if suffix not in _ROW_FILES and suffix not in _WHOLE_FILES:
        raise InputError(
            f"rows of {path} cannot be written to a {suffix} file",
            hint="one of " + ", ".join((*_ROW_FILES, *_WHOLE_FILES)),
        )
    return suffix


def content_hash(path: str | Path) -> str:
    """SHA-256 of the decompressed content of a file.

    Raises:
        RecordError: the file cannot be read.
    """
    with open_binary(path, str(path)) as stream:
        return hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()


def partition_file(
    source: str | Path,
    removed_lines: Set[int],
    kept: str | Path,
    removed: str | Path,
    *,
    encoding: str | None = None,
) -> None:
    """Write the rows of a file to two others, in the original order.

    Args:
        source: the file; it is not changed.
        removed_lines: `Record.line` of the removed rows.
        kept: output file for the kept rows.
        removed: output file for the removed rows.
        encoding: of the source, as in `read_records`. Text files keep their encoding; JSON lists
            are written in UTF-8.

    Raises:
        InputError: the formats of the files differ, or the encoding is not supported.
        RecordError: the source cannot be read.
        OutputError: an output file cannot be written.
    """
    suffix = _one_kind(source, kept, removed)
    with (
        open_binary(source, str(source)) as stream,
        _open_output(kept) as kept_output,
        _open_output(removed) as removed_output,
    ):
        if suffix in _WHOLE_FILES:
            _WHOLE_FILES[suffix].partition(
                stream, _source_file(source, encoding), removed_lines, kept_output, removed_output
            )
            return
        _check_encoding(stream, source)
        for unit in _ROW_FILES[suffix](_checked_lines(stream, source)):
            if unit.line == 0 or unit.line not in removed_lines:
                kept_output.write(unit.content)
            if unit.line == 0 or unit.line in removed_lines:
                removed_output.write(unit.content)


def merge_file(
    kept: str | Path, removed: str | Path, removed_lines: Set[int], target: str | Path
) -> None:
    """Merge the two files that `partition_file` wrote.

    Args:
        kept: the file of the kept rows.
        removed: the file of the removed rows.
        removed_lines: lines of the removed rows in the original file.
        target: the file to write.

    Raises:
        InputError: the formats of the files differ.
        RecordError: a file cannot be read, or was changed.
        OutputError: the target cannot be written.
    """
    suffix = _one_kind(kept, removed, target)
    with (
        open_binary(kept, str(kept)) as kept_rows,
        open_binary(removed, str(removed)) as removed_rows,
        _open_output(target) as whole,
    ):
        if suffix in _WHOLE_FILES:
            _WHOLE_FILES[suffix].merge(
                _Part(kept_rows, _source_file(kept)),
                _Part(removed_rows, _source_file(removed)),
                removed_lines,
                whole,
            )
            return
        units = _ROW_FILES[suffix]
        kept_parts = units(_checked_lines(kept_rows, kept))
        removed_parts = units(_checked_lines(removed_rows, removed))
        for content in _interleaved(kept_parts, removed_parts, removed_lines):
            whole.write(content)


def _interleaved(
    kept: Iterator[FilePart], removed: Iterator[FilePart], removed_lines: Set[int]
) -> Iterator[bytes]:
    removed_rows = (unit for unit in removed if unit.line)  # the header comes from the kept file
    line, left = 1, len(removed_lines)
    while unit := next(removed_rows if line in removed_lines else kept, None):
        left -= line in removed_lines
        yield unit.content
        line += max(1, unit.content.count(b"\n"))
    if left or next(removed_rows, None) or next(kept, None):
        raise _changed()


def _changed() -> RecordError:
    return RecordError(
        "the two files cannot be merged: one of them was changed",
        hint="undo needs these files as dedupe wrote them",
    )


def _one_kind(*paths: str | Path) -> str:
    kinds = [kind(path) for path in paths]
    if len(set(kinds)) > 1:
        raise InputError(
            f"{paths[-1]} has another format than {paths[0]}", hint=f"use the extension {kinds[0]}"
        )
    return kinds[0]


def _check_encoding(stream: BinaryIO, source: str | Path) -> None:
    header = cast(io.BufferedReader, stream).peek(64)[:64]
    if b"\0" in header or header.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            f"{source} cannot be split by rows: it is in UTF-16 or UTF-32",
            hint="save it as UTF-8 first, for example with iconv -f UTF-16 -t UTF-8",
        )


@contextmanager
def _open_output(path: str | Path) -> Iterator[BinaryIO]:
    compression = Path(path).suffix.lower()
    with atomic(path) as file:
        if compression == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as compressed:
                yield cast(BinaryIO, compressed)
        elif compression in COMPRESSED:
            arrow = require("pyarrow", "files")
            with arrow.CompressedOutputStream(arrow.PythonFile(file, "w"), "zstd") as compressed:
                yield compressed
        else:
            yield file


def _source_file(path: str | Path, encoding: str | None = None) -> SourceFile:
    return SourceFile(str(path), encoding, lambda _: None, limits=limits_from_environment())


# text files


def _checked_lines(stream: BinaryIO, path: str | Path) -> Iterator[bytes]:
    limit = limits_from_environment().row
    for number, line in enumerate(raw_lines(stream, limit), 1):
        if line is None:
            problem = too_long(limit)
            raise RecordError(f"{path}, line {number}: {problem.reason}", hint=problem.hint)
        yield line


def _lines(stream: Iterable[bytes]) -> Iterator[FilePart]:
    for number, line in enumerate(stream, 1):
        yield FilePart(number, line)


def _tsv(stream: Iterable[bytes]) -> Iterator[FilePart]:
    has_header = False
    for unit in _lines(stream):
        blank = not unit.content.strip(b"\r\n")
        yield unit if has_header or blank else FilePart(0, unit.content)
        has_header = has_header or not blank


def _csv(stream: Iterable[bytes]) -> Iterator[FilePart]:
    lines: list[bytes] = []

    def texts() -> Iterator[tuple[str, int]]:
        for number, line in enumerate(stream):
            lines.append(line)
            text = line if number else line.removeprefix(_BYTE_ORDER_MARK)
            # only quotes and commas matter; they are the same bytes in all encodings in use
            yield text.decode("latin-1"), len(line)

    has_header = False
    for row in csv_rows(texts(), limits_from_environment().row):
        header = bool(row.cells) and not has_header
        has_header = has_header or header
        yield FilePart(0 if header else row.line, b"".join(lines))
        lines.clear()


LINE_KINDS = frozenset((".txt", ".text", ".rst", ".md", ".markdown"))
"""Extensions of text files with one row per line."""

_ROW_FILES: dict[str, Callable[[Iterable[bytes]], Iterator[FilePart]]] = {
    ".txt": _lines,
    ".text": _lines,
    ".rst": _lines,
    ".md": _lines,
    ".markdown": _lines,
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _lines,
    ".ndjson": _lines,
}


# files that are loaded whole


@dataclass(frozen=True)
class _Part:
    """A file to merge."""

    stream: BinaryIO
    source: SourceFile


@dataclass(frozen=True)
class WholeFile:
    """How to split and merge a format that is not line-based."""

    partition: Callable[[BinaryIO, SourceFile, Set[int], BinaryIO, BinaryIO], None]
    merge: Callable[[_Part, _Part, Set[int], BinaryIO], None]


def _partition_json(
    stream: BinaryIO, source: SourceFile, removed_lines: Set[int], kept: BinaryIO, removed: BinaryIO
) -> None:
    items = json_list(stream, source)
    _dump((item for number, item in enumerate(items, 1) if number not in removed_lines), kept)
    _dump((item for number, item in enumerate(items, 1) if number in removed_lines), removed)


def _merge_json(kept: _Part, removed: _Part, removed_lines: Set[int], whole: BinaryIO) -> None:
    kept_rows = json_list(kept.stream, kept.source)
    removed_rows = json_list(removed.stream, removed.source)
    rows = kept_rows + removed_rows
    _dump(
        (rows[index] for index in _order(len(kept_rows), len(removed_rows), removed_lines)), whole
    )


def _dump(items: Iterable[Any], file: BinaryIO) -> None:
    listed = ",".join("\n  " + json.dumps(item, ensure_ascii=False) for item in items)
    file.write(f"[{listed}\n]\n".encode())


def _partition_parquet(
    stream: BinaryIO, source: SourceFile, removed_lines: Set[int], kept: BinaryIO, removed: BinaryIO
) -> None:
    parquet = require("pyarrow.parquet", "files")
    table = parquet_table(stream, source)
    numbers = range(1, len(table) + 1)
    parquet.write_table(table.take([n - 1 for n in numbers if n not in removed_lines]), kept)
    parquet.write_table(table.take([n - 1 for n in numbers if n in removed_lines]), removed)


def _merge_parquet(kept: _Part, removed: _Part, removed_lines: Set[int], whole: BinaryIO) -> None:
    parquet, arrow = require("pyarrow.parquet", "files"), require("pyarrow", "files")
    kept_rows = parquet_table(kept.stream, kept.source)
    removed_rows = parquet_table(removed.stream, removed.source)
    order = _order(len(kept_rows), len(removed_rows), removed_lines)
    parquet.write_table(arrow.concat_tables([kept_rows, removed_rows]).take(order), whole)


def _order(kept: int, removed: int, removed_lines: Set[int]) -> list[int]:
    """For each row of the original: its index in the kept rows followed by the removed rows."""
    kept_rows, removed_rows = iter(range(kept)), iter(range(kept, kept + removed))
    order = [
        next(removed_rows if number in removed_lines else kept_rows, None)
        for number in range(1, kept + removed + 1)
    ]
    if removed != len(removed_lines) or None in order:
        raise _changed()
    return cast(list[int], order)


_WHOLE_FILES: dict[str, WholeFile] = {
    ".json": WholeFile(_partition_json, _merge_json),
    ".parquet": WholeFile(_partition_parquet, _merge_parquet),
}
