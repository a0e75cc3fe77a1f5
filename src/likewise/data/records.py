"""Reads texts from files: one per line, a table column, or a whole document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Literal

from likewise.data.columns import choose_column, column_value, without_column
from likewise.data.readers import (
    DetectedEncoding,
    Limits,
    OnEncoding,
    Problem,
    Row,
    Rows,
    SourceFile,
    expand,
    limits_from_environment,
    located,
    open_binary,
    require_format,
    resolved,
)
from likewise.errors import InputError, RecordError
from likewise.progress import MessageCallback
from likewise.wording import with_article

Unit = Literal["auto", "line", "section", "document"]
UNITS: tuple[Unit, ...] = ("auto", "line", "section", "document")

Paths = str | Path | Iterable[str | Path]


_NO_FIELDS: Mapping[str, Any] = MappingProxyType({})
"""Shared by all records without fields."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text and its origin.

    Attributes:
        text: the text.
        fields: the other columns of its row.
        source: the file.
        line: number of the first line in the file (item of a JSON list, row of a Parquet file,
            page of a PDF), from 1.
        column: the column of the text; None if the file has no columns.
        title: of a table row, its column `title`; of a document, its own title, else the file
            name; of a section, the document title and the headings above, joined by ` > `.
        breaks: offsets in the text where a block begins, the preferred split points of a long
            text; None if unknown.
    """

    text: str
    fields: Mapping[str, Any] = field(default_factory=lambda: _NO_FIELDS)
    source: str = ""
    line: int = 0
    column: str | None = None
    title: str = ""
    breaks: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Skipped:
    """A row, or a whole file, that could not be read.

    Attributes:
        source: the file.
        line: line in the file (see `Record.line`); 0 for the whole file.
        reason: what is wrong.
        hint: how to fix it.
    """

    source: str
    line: int
    reason: str
    hint: str


OnError = Callable[[Skipped], None]
"""Called with each row or file that cannot be read, such as the `append` of a list."""


def read_records(
    paths: Paths,
    *,
    column: str | None = None,
    unit: Unit = "auto",
    encoding: str | None = None,
    sheet: str | None = None,
    wanted: Callable[[str], bool] | None = None,
    on_error: OnError | None = None,
    on_message: MessageCallback | None = None,
    on_encoding: OnEncoding | None = None,
    limits: Limits | None = None,
) -> Iterator[Record]:
    """Stream the texts of files; JSON lists, web pages and PDF files are loaded whole.

    Args:
        paths: one or more of: a file; a folder (all files of a supported format below it, except
            hidden ones); a glob pattern such as `notes/**/*.md`. A file named twice is read once.
            Also objects, such as `s3://bucket/notes.jsonl`, all below a prefix that ends with `/`,
            and patterns of them; `gs://` and `abfs://` too.
            Formats: `.txt`, `.md`, `.csv`, `.tsv`, `.jsonl`, `.json` (a list of strings or
            objects), `.parquet`, `.xlsx`, `.html`, `.pdf`, each also compressed as `.gz` or `.zst`.
            `-` is standard input, read as plain text.
        column: the text column of tables; a nested column is written with dots, such as
            `body.text`. Default: one of `columns.TEXT_COLUMNS`, else the first column with text;
            `Record.column` holds the choice.
        unit: one record in plain text, Markdown and web pages: a `line` (blank lines are skipped),
            a `section` (the text under one heading; in plain text a paragraph), or the `document`.
            `auto` means sections for Markdown and web pages, paragraphs for `.rst` and for
            hard-wrapped plain text (see `readers.prose.is_wrapped`), and lines for other plain
            text. A PDF has one record per page, a table one per row.
        encoding: of the files. Default: UTF-8, else detected from the file.
        sheet: the sheet of workbooks; default: the first one.
        wanted: called with the absolute name of each file before it is opened; false leaves it out.
        on_error: called with every row and every file that cannot be read; reading continues.
            Without it the first such row or file raises an error.
        on_message: called with notes for the user: the detected column and encoding, and what was
            left out.
        on_encoding: called with the name of each text file and its `DetectedEncoding`, as soon as
            it is known.
        limits: memory limits; default: those of the environment (`LIKEWISE_MAX_ROW_MIB`,
            `LIKEWISE_MAX_FILE_MIB`), else 64 MiB per row and 1 GiB per file that is loaded whole.

    Raises:
        RecordError: a file or a row cannot be read; the message has the file and the line.
        InputError: unknown column or unit.
        MissingExtraError: Parquet, Zstandard and objects need the extra `files`; web pages, PDF
            and workbooks need the extra `documents`.
    """
    if unit not in UNITS:
        raise InputError(f"unknown unit {unit!r}", hint="one of " + ", ".join(UNITS))
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    template = SourceFile(
        "",
        encoding,
        on_message or _ignore_message,
        on_encoding,
        limits or limits_from_environment(),
        sheet,
    )
    reading = _Reading(column, unit, template, on_error, len(named) == 1)
    read: set[str] = set()
    for path in named:
        try:
            for file in expand(path, template.on_message):
                if (name := resolved(file)) not in read:
                    read.add(name)
                    if wanted is None or wanted(name):
                        yield from reading.file(file)
        except RecordError as error:
            reading.refuse(str(located(path)), error)


def read_texts(
    paths: Paths,
    *,
    column: str | None = None,
    unit: Unit = "auto",
    encoding: str | None = None,
    sheet: str | None = None,
    on_error: OnError | None = None,
    on_message: MessageCallback | None = None,
    on_encoding: OnEncoding | None = None,
) -> list[str]:
    """The texts of files; see `read_records`."""
    records = read_records(
        paths, column=column, unit=unit, encoding=encoding, sheet=sheet,
        on_error=on_error, on_message=on_message, on_encoding=on_encoding,
    )  # fmt: skip
    return [record.text for record in records]


def read_stream(
    stream: BinaryIO,
    path: str | Path,
    rows: Rows,
    *,
    column: str | None = None,
    chosen: str | None = None,
    encoding: str | None = None,
    first_line: int = 1,
    on_error: OnError | None = None,
) -> Iterator[Record]:
    """The records of an open part of a file.

    Args:
        stream: the part, open at its first row.
        path: the file, for messages and `Record.source`.
        rows: reads the rows of its format.
        column: as in `read_records`.
        chosen: the column that was chosen by the first row of the file.
        encoding: of the file; detected in the part when not given.
        first_line: number of the first line of the part.
        on_error: as in `read_records`.

    Raises:
        RecordError: as in `read_records`.
        InputError: as in `read_records`.
    """
    name, form = str(located(path)), require_format(path)
    source = SourceFile(name, encoding, _ignore_message, limits=limits_from_environment())
    reading = _Reading(column, "line", source, on_error, True, chosen)
    shift = first_line - 1
    shifted = (
        Row(row.line + shift, row.value, row.title, row.breaks) for row in rows(stream, source)
    )
    yield from reading.records(shifted, name, form.unit)


def detect_encoding(path: str | Path, *, encoding: str | None = None) -> DetectedEncoding | None:
    """The encoding of a text file; None for binary formats such as Parquet.

    Reads up to the first non-ASCII character, or to the end.

    Args:
        path: one file, as in `read_records`.
        encoding: as in `read_records`.

    Raises:
        RecordError: the file cannot be read, or its encoding cannot be detected.
    """
    found: list[DetectedEncoding] = []
    records = read_records(
        path,
        encoding=encoding,
        on_error=_ignore_skipped,
        on_encoding=lambda _, encoding: found.append(encoding),
    )
    while not found and next(records, None):
        pass
    return found[0] if found else None


def _ignore_message(_: str) -> None:
    """Discard a message."""


def _ignore_skipped(_: Skipped) -> None:
    """Discard a skipped row."""


@dataclass(frozen=True)
class _Reading:
    """Options of one read.

    Attributes:
        column: see `read_records`.
        unit: see `read_records`.
        source: the template of every file.
        on_error: see `read_records`.
        single: whether one path was given; then the column must exist in it.
        chosen: the column that an earlier row of the file has chosen; None before its first row.
    """

    column: str | None
    unit: Unit
    source: SourceFile
    on_error: OnError | None
    single: bool
    chosen: str | None = None

    def file(self, path: str | Path) -> Iterator[Record]:
        """The records of one file."""
        name = "standard input" if str(path) == "-" else str(located(path))
        try:
            form = require_format(path)
            rows = form.reader(self.unit)
            source = replace(self.source, name=name)
            with open_binary(path, name) as stream:
                yield from self.records(rows(stream, source), name, form.unit)
        except RecordError as error:
            self.refuse(name, error)

    def refuse(self, name: str, error: RecordError) -> None:
        """Report a file that cannot be read."""
        if self.on_error is None:
            raise error
        self.on_error(Skipped(name, 0, error.message, error.hint))

    def records(self, rows: Iterable[Row], name: str, unit: str) -> Iterator[Record]:
        """The records of rows of one file."""
        chosen = _Columns(self.chosen or "")
        for row in rows:
            if isinstance(row.value, Mapping) and not chosen.column:
                chosen = self._choose(row.value, name)
            found = self._record(row, name, chosen)
            if isinstance(found, Record):
                yield found
            elif self.on_error:
                self.on_error(Skipped(name, row.line, found.reason, found.hint))
            else:
                where = f"{name}, {unit} {row.line}"
                separator = ", " if found.reason.startswith("column") else ": "
                raise RecordError(f"{where}{separator}{found.reason}", hint=found.hint)

    def _choose(self, row: Mapping[str, Any], name: str) -> _Columns:
        try:
            column = choose_column(row, self.column, name)
        except InputError as error:
            if self.single or self.on_error is None:
                raise
            raise RecordError(error.message, hint=error.hint) from error
        if self.column is None:
            self.source.on_message(f"using column {column!r} of {name} as text")
        titles = (known for known in row if known.strip().lower() == "title" and known != column)
        return _Columns(column, next(titles, None))

    def _record(self, row: Row, name: str, chosen: _Columns) -> Record | Problem:
        value = row.value
        if isinstance(value, Problem):
            return value
        if isinstance(value, str):
            if self.column is not None and self.single and not row.title:
                raise InputError(
                    f"{name} has no columns, so no column {self.column!r}",
                    hint="omit the column; the file has one text per line",
                )
            return _invalid_unicode(value) or Record(
                value, source=name, line=row.line, title=row.title, breaks=row.breaks
            )
        if not isinstance(value, Mapping):
            return _no_text(value)
        text = column_value(value, chosen.column)
        if not isinstance(text, str):
            missing = _no_text(text)
            return Problem(f"column {chosen.column!r}: {missing.reason}", missing.hint)
        for key, other in chain(((chosen.column, text),), value.items()):
            if isinstance(other, str) and (problem := _invalid_unicode(other)):
                return Problem(f"column {key!r}: {problem.reason}", problem.hint)
        fields = without_column(value, chosen.column)
        title = value.get(chosen.title) if chosen.title else None
        title = title.strip() if isinstance(title, str) else ""
        return Record(text, MappingProxyType(fields), name, row.line, chosen.column, title)


@dataclass(frozen=True)
class _Columns:
    """Selected columns of a table.

    Attributes:
        column: of the texts.
        title: of the titles, if any.
    """

    column: str = ""
    title: str | None = None


def _no_text(value: object) -> Problem:
    what = "nothing" if value is None else with_article(type(value).__name__)
    return Problem(f"{what} instead of a text", "remove the row, or choose another column")


def _invalid_unicode(text: str) -> Problem | None:
    """Why a text cannot be encoded as UTF-8; None if it can."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Problem(
            f"a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start}, "
            "which is not valid Unicode",
            "remove the character, or export the file again",
        )
    return None
