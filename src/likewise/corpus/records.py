"""Texts out of files: one a line, or a column of a table."""

from __future__ import annotations

import csv
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from likewise.errors import InputError, RecordError
from likewise.extras import require

TEXT_COLUMNS = ("text", "sentence", "content", "title", "question", "body", "abstract", "document")
"""Names that a column of texts goes by, the likeliest first."""

Row = tuple[int, object]
"""Where it stands in the file, from 1, and what stands there: a text, or columns by name."""


@dataclass(frozen=True)
class Record:
    """One text, and where it came from.

    Attributes:
        text: the text.
        fields: the other columns of its row.
        source: the file.
        line: line in the file (item of a JSON list, row of a Parquet file), from 1.
        column: the column the text stood in; None where the file has no columns.
    """

    text: str
    fields: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""
    line: int = 0
    column: str | None = None


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        rows: the rows of an open file, given its name for error messages.
        unit: what a row is called: line, item, row.
    """

    rows: Callable[[BinaryIO, str], Iterator[Row]]
    unit: str = "line"


def read_records(path: str | Path, *, column: str | None = None) -> Iterator[Record]:
    """Texts of a file, one after the other; only JSON lists are read whole.

    Args:
        path: `.txt` and `.md` (one text a line, blank ones skipped), `.csv`, `.tsv`, `.jsonl`,
            `.json` (a list of strings or objects), each also with `.gz` behind it, `.parquet`;
            `-` is standard input, one text a line.
        column: the column of the texts. When not given it is one of `TEXT_COLUMNS`, else the
            first one that holds text; `Record.column` tells.

    Raises:
        RecordError: the file cannot be read, is not UTF-8, or a row in it is no text; the message
            names file and line.
        InputError: there is no such column.
        MissingExtraError: reading Parquet needs the extra `files`.
    """
    source = "standard input" if str(path) == "-" else str(path)
    form = _format(path, source)
    try:
        with _opened(path) as stream:
            yield from _records(form.rows(stream, source), source, column, form.unit)
    except FileNotFoundError as error:
        raise RecordError(f"no file {source}", hint="check the path") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordError(
            f"{source} is no whole gzip file: {error}", hint="fetch or make it again"
        ) from error
    except OSError as error:
        raise RecordError(
            f"cannot read {source}: {error.strerror or error}", hint="check the path"
        ) from error


def read_texts(path: str | Path, *, column: str | None = None) -> list[str]:
    """The texts of a file; see `read_records`."""
    return [record.text for record in read_records(path, column=column)]


def choose_column(row: Mapping[str, Any], column: str | None, source: str) -> str:
    """The column of texts, judged by a file's first row.

    Raises:
        InputError: the one asked for is not there, or none holds text.
    """
    listed = "its columns: " + ", ".join(map(str, row))
    if column is not None:
        if column not in row:
            raise InputError(f"{source} has no column {column!r}", hint=listed)
        return column
    lowered: dict[str, str] = {}
    for name in row:
        lowered.setdefault(name.strip().lower(), name)
    for likely in TEXT_COLUMNS:
        if likely in lowered and isinstance(row[lowered[likely]], str | None):
            return lowered[likely]
    for name, value in row.items():
        if isinstance(value, str) and not _is_number(value):
            return name
    raise InputError(
        f"{source} has no column that holds text", hint=f"name one with column; {listed}"
    )


def _records(rows: Iterable[Row], source: str, column: str | None, unit: str) -> Iterator[Record]:
    chosen: str | None = None
    for number, row in rows:
        where = f"{source}, {unit} {number}"
        if isinstance(row, str):
            if column is not None:
                raise InputError(
                    f"{source} has no columns, so none named {column!r}",
                    hint="leave the column out; it is one text a line",
                )
            yield Record(_checked(row, where), source=source, line=number)
        elif isinstance(row, Mapping):
            chosen = chosen or choose_column(row, column, source)
            text = _checked(row.get(chosen), f"{where}, column {chosen!r}")
            fields = {name: value for name, value in row.items() if name != chosen}
            yield Record(text, MappingProxyType(fields), source, number, chosen)
        else:
            _checked(row, where)


def _checked(text: object, where: str) -> str:
    if not isinstance(text, str):
        what = "nothing" if text is None else f"a {type(text).__name__}"
        raise RecordError(
            f"{where}: {what} where a text is expected",
            hint="leave the row out, or choose another column",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RecordError(
            f"{where}: a lone surrogate (U+{ord(text[error.start]):04X}) at character "
            f"{error.start}, which is no valid Unicode",
            hint="drop the character, or write the file again from its source",
        ) from error
    return text


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


# opening


def _format(path: str | Path, source: str) -> Format:
    if str(path) == "-":
        return FORMATS[".txt"]
    file = Path(path)
    if file.is_dir():
        raise RecordError(f"{source} is a folder", hint="name a file in it")
    suffix = _suffix(file)
    if suffix not in FORMATS:
        raise RecordError(
            f"{source}: files of the kind {suffix!r} are not known",
            hint="one of " + ", ".join(filter(None, FORMATS)) + "; the text ones with .gz too",
        )
    return FORMATS[suffix]


def _suffix(file: Path) -> str:
    name = file.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def _opened(path: str | Path) -> AbstractContextManager[BinaryIO]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    if str(path).lower().endswith(".gz"):
        return cast(AbstractContextManager[BinaryIO], gzip.open(path, "rb"))
    return open(path, "rb")


# kinds of files


def _lines(stream: BinaryIO, source: str) -> Iterator[tuple[int, str]]:
    """Lines of a UTF-8 file, their ends kept; a byte order mark is dropped."""
    for number, line in enumerate(stream, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            utf16 = number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff"))
            kind = "it looks like UTF-16" if utf16 else "it may be in an older encoding"
            raise RecordError(
                f"{source}, line {number}: not UTF-8 (byte 0x{line[error.start]:02x} at "
                f"place {error.start + 1} of the line)",
                hint=f"{kind}; save it as UTF-8, for example with "
                f"iconv -f {'UTF-16' if utf16 else 'GB18030'} -t UTF-8",
            ) from error
        yield number, text.removeprefix("\ufeff") if number == 1 else text


def _text_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    for number, line in _lines(stream, source):
        if text := line.strip():
            yield number, text


def _csv_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    # the limit of 128 KiB a cell belongs to the whole process; long texts are ordinary here
    csv.field_size_limit(max(csv.field_size_limit(), 2**30))
    reader = csv.reader((line for _, line in _lines(stream, source)), strict=True)
    try:
        yield from _table((reader.line_num, cells) for cells in reader)(source)
    except csv.Error as error:
        raise RecordError(
            f"{source}, line {reader.line_num}: {error}",
            hint='a quote inside a quoted cell is doubled: "He said ""no"""',
        ) from error


def _tsv_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    lines = ((number, line.rstrip("\r\n")) for number, line in _lines(stream, source))
    cells = ((number, [_unquoted(c) for c in line.split("\t")]) for number, line in lines if line)
    yield from _table(cells)(source)


def _unquoted(cell: str) -> str:
    """A cell without the quotes that spreadsheets put around some; lone ones belong to the text."""
    inner = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _table(lines: Iterable[tuple[int, list[str]]]) -> Callable[[str], Iterator[Row]]:
    """Rows by the names in the first line."""

    def rows(source: str) -> Iterator[Row]:
        header: list[str] = []
        for number, cells in lines:
            if not cells:
                continue
            if not header:
                header = cells
            elif len(cells) != len(header):
                raise RecordError(
                    f"{source}, line {number}: {len(cells)} cells, the header has {len(header)}",
                    hint="put texts that hold the separator between double quotes",
                )
            else:
                yield number, dict(zip(header, cells, strict=True))

    return rows


def _jsonl_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    for number, line in _lines(stream, source):
        if line.strip():
            yield number, _parsed(line, f"{source}, line {number}")


def _json_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    items = _parsed("".join(line for _, line in _lines(stream, source)), source)
    if not isinstance(items, list):
        raise RecordError(
            f"{source} holds a {type(items).__name__}, expected a list",
            hint='a list of texts, ["a", "b"], or of objects, [{"text": "a"}]',
        )
    yield from enumerate(items, 1)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"{where}: no valid JSON: {error}", hint="check for a missing quote or comma"
        ) from error


def _parquet_rows(stream: BinaryIO, source: str) -> Iterator[Row]:
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    try:
        batches = parquet.ParquetFile(stream).iter_batches(batch_size=8192)
        yield from enumerate((row for batch in batches for row in batch.to_pylist()), 1)
    except arrow.ArrowException as error:
        raise RecordError(
            f"{source} cannot be read as Parquet: {str(error).splitlines()[0]}",
            hint="fetch or make it again",
        ) from error


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".txt": Format(_text_rows),
        ".md": Format(_text_rows),
        ".csv": Format(_csv_rows),
        ".tsv": Format(_tsv_rows),
        ".jsonl": Format(_jsonl_rows),
        ".ndjson": Format(_jsonl_rows),
        ".json": Format(_json_rows, "item"),
        ".parquet": Format(_parquet_rows, "row"),
        "": Format(_text_rows),
    }
)
"""Kinds of files by suffix; one without a suffix is taken as text."""
