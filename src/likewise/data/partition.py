"""A file parted into two of its own kind, row by row, and put together again.

Text files are parted as bytes: encoding, line ends, quotes and blank lines stay what they were, and
the two parts give the file back to the byte. JSON lists and Parquet give it back item by item.
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
from likewise.data.readers import opened
from likewise.data.readers.contract import SourceFile
from likewise.data.readers.csv_rows import csv_rows
from likewise.data.readers.formats import PACKED
from likewise.data.readers.limits import limits_from_environment, raw_lines, too_long
from likewise.data.readers.objects import json_list
from likewise.data.readers.tables import parquet_table
from likewise.errors import InputError, RecordError
from likewise.extras import require

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class FilePart:
    """A piece of a text file that stays whole.

    Attributes:
        line: the line it begins in, from 1; 0 for the head of a table, which each part has.
        content: its bytes, line ends included.
    """

    line: int
    content: bytes


def kind(path: str | Path) -> str:
    """The suffix that says what a file holds, without that of its packing.

    Raises:
        InputError: rows of that kind of file cannot be written.
    """
    name = Path(path).name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    suffix = Path(name).suffix or ".txt"
    if suffix not in _UNITS and suffix not in _WHOLE:
        raise InputError(
            f"rows of {path} cannot be written to a {suffix} file again",
            hint="one of " + ", ".join((*_UNITS, *_WHOLE)),
        )
    return suffix


def content_hash(path: str | Path) -> str:
    """SHA-256 of what a file holds, unpacked.

    Raises:
        RecordError: it cannot be read.
    """
    with opened(path, str(path)) as stream:
        return hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()


def partition_file(
    source: str | Path,
    gone: Set[int],
    kept: str | Path,
    removed: str | Path,
    *,
    encoding: str | None = None,
) -> None:
    """Write the rows of a file to two others, each in the order they had.

    Args:
        source: the file; it stays as it is.
        gone: `Record.line` of the rows that go.
        kept: file for the rows that stay.
        removed: file for those that go.
        encoding: of the source, as in `read_records`. Text files keep theirs; JSON lists are
            written in UTF-8.

    Raises:
        InputError: the three are not of one kind, or the file's encoding does not allow it.
        RecordError: the source cannot be read.
        OutputError: a part cannot be written.
    """
    suffix = _one_kind(source, kept, removed)
    with opened(source, str(source)) as stream, _written(kept) as stay, _written(removed) as go:
        if suffix in _WHOLE:
            _WHOLE[suffix].divide(stream, _named(source, encoding), gone, stay, go)
            return
        _check_encoding(stream, source)
        for unit in _UNITS[suffix](_whole_lines(stream, source)):
            if unit.line == 0 or unit.line not in gone:
                stay.write(unit.content)
            if unit.line == 0 or unit.line in gone:
                go.write(unit.content)


def merge_file(kept: str | Path, removed: str | Path, gone: Set[int], target: str | Path) -> None:
    """Put together what `divide` parted.

    Args:
        kept: the rows that stayed.
        removed: the rows that went.
        gone: their lines in the file that was parted.
        target: the file to write.

    Raises:
        InputError: the three are not of one kind.
        RecordError: a part cannot be read, or has changed since.
        OutputError: the target cannot be written.
    """
    suffix = _one_kind(kept, removed, target)
    with (
        opened(kept, str(kept)) as stayed,
        opened(removed, str(removed)) as went,
        _written(target) as whole,
    ):
        if suffix in _WHOLE:
            _WHOLE[suffix].join(
                _Part(stayed, _named(kept)), _Part(went, _named(removed)), gone, whole
            )
            return
        units = _UNITS[suffix]
        stay, go = units(_whole_lines(stayed, kept)), units(_whole_lines(went, removed))
        for content in _woven(stay, go, gone):
            whole.write(content)


def _woven(
    kept: Iterator[FilePart], removed: Iterator[FilePart], gone: Set[int]
) -> Iterator[bytes]:
    went = (unit for unit in removed if unit.line)  # the head comes from the kept ones
    line, left = 1, len(gone)
    while unit := next(went if line in gone else kept, None):
        left -= line in gone
        yield unit.content
        line += max(1, unit.content.count(b"\n"))
    if left or next(went, None) or next(kept, None):
        raise _changed()


def _changed() -> RecordError:
    return RecordError(
        "the two parts do not fit together: one of them was changed",
        hint="undo with the files as dedupe wrote them",
    )


def _one_kind(*paths: str | Path) -> str:
    kinds = [kind(path) for path in paths]
    if len(set(kinds)) > 1:
        raise InputError(
            f"{paths[-1]} is of another kind than {paths[0]}", hint=f"end its name in {kinds[0]}"
        )
    return kinds[0]


def _check_encoding(stream: BinaryIO, source: str | Path) -> None:
    head = cast(io.BufferedReader, stream).peek(64)[:64]
    if b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            f"rows of {source} cannot be parted: it is in UTF-16 or UTF-32",
            hint="save it as UTF-8 first, for example with iconv -f UTF-16 -t UTF-8",
        )


@contextmanager
def _written(path: str | Path) -> Iterator[BinaryIO]:
    packing = Path(path).suffix.lower()
    with atomic(path) as file:
        if packing == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                yield cast(BinaryIO, packed)
        elif packing in PACKED:
            arrow = require("pyarrow", "files")
            with arrow.CompressedOutputStream(arrow.PythonFile(file, "w"), "zstd") as packed:
                yield packed
        else:
            yield file


def _named(path: str | Path, encoding: str | None = None) -> SourceFile:
    return SourceFile(str(path), encoding, lambda _: None, limits=limits_from_environment())


# text files


def _whole_lines(stream: BinaryIO, path: str | Path) -> Iterator[bytes]:
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
    headed = False
    for unit in _lines(stream):
        blank = not unit.content.strip(b"\r\n")
        yield unit if headed or blank else FilePart(0, unit.content)
        headed = headed or not blank


def _csv(stream: Iterable[bytes]) -> Iterator[FilePart]:
    taken: list[bytes] = []

    def texts() -> Iterator[tuple[str, int]]:
        for number, line in enumerate(stream):
            taken.append(line)
            text = line if number else line.removeprefix(_BYTE_ORDER_MARK)
            # only quotes and commas matter, and no encoding in use hides them
            yield text.decode("latin-1"), len(line)

    headed = False
    for row in csv_rows(texts(), limits_from_environment().row):
        head = bool(row.cells) and not headed
        headed = headed or head
        yield FilePart(0 if head else row.line, b"".join(taken))
        taken.clear()


LINE_KINDS = frozenset((".txt", ".text", ".rst", ".md", ".markdown"))
"""Suffixes of text files whose rows are their lines."""

_UNITS: dict[str, Callable[[Iterable[bytes]], Iterator[FilePart]]] = {
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


# files that are read whole


@dataclass(frozen=True)
class _Part:
    """A part that is read whole."""

    stream: BinaryIO
    source: SourceFile


@dataclass(frozen=True)
class Whole:
    """How a kind of file that is no text by lines is parted and put together."""

    divide: Callable[[BinaryIO, SourceFile, Set[int], BinaryIO, BinaryIO], None]
    join: Callable[[_Part, _Part, Set[int], BinaryIO], None]


def _divide_json(
    stream: BinaryIO, source: SourceFile, gone: Set[int], kept: BinaryIO, removed: BinaryIO
) -> None:
    items = json_list(stream, source)
    _dump((item for number, item in enumerate(items, 1) if number not in gone), kept)
    _dump((item for number, item in enumerate(items, 1) if number in gone), removed)


def _join_json(kept: _Part, removed: _Part, gone: Set[int], whole: BinaryIO) -> None:
    stayed, went = json_list(kept.stream, kept.source), json_list(removed.stream, removed.source)
    both = stayed + went
    _dump((both[place] for place in _order(len(stayed), len(went), gone)), whole)


def _dump(items: Iterable[Any], file: BinaryIO) -> None:
    listed = ",".join("\n  " + json.dumps(item, ensure_ascii=False) for item in items)
    file.write(f"[{listed}\n]\n".encode())


def _divide_parquet(
    stream: BinaryIO, source: SourceFile, gone: Set[int], kept: BinaryIO, removed: BinaryIO
) -> None:
    parquet = require("pyarrow.parquet", "files")
    table = parquet_table(stream, source)
    numbers = range(1, len(table) + 1)
    parquet.write_table(table.take([n - 1 for n in numbers if n not in gone]), kept)
    parquet.write_table(table.take([n - 1 for n in numbers if n in gone]), removed)


def _join_parquet(kept: _Part, removed: _Part, gone: Set[int], whole: BinaryIO) -> None:
    parquet, arrow = require("pyarrow.parquet", "files"), require("pyarrow", "files")
    stayed = parquet_table(kept.stream, kept.source)
    went = parquet_table(removed.stream, removed.source)
    order = _order(len(stayed), len(went), gone)
    parquet.write_table(arrow.concat_tables([stayed, went]).take(order), whole)


def _order(kept: int, removed: int, gone: Set[int]) -> list[int]:
    """Where the rows of the whole lie in the kept ones followed by the removed ones."""
    stayed, went = iter(range(kept)), iter(range(kept, kept + removed))
    order = [
        next(went if number in gone else stayed, None) for number in range(1, kept + removed + 1)
    ]
    if removed != len(gone) or None in order:
        raise _changed()
    return cast(list[int], order)


_WHOLE: dict[str, Whole] = {
    ".json": Whole(_divide_json, _join_json),
    ".parquet": Whole(_divide_parquet, _join_parquet),
}
