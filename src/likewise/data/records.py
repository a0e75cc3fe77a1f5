"""Texts out of files: one a line, a column of a table, or a whole document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from likewise.data.columns import cell, choose_column, others
from likewise.data.readers import (
    Detected,
    DetectedEncoding,
    Limits,
    Problem,
    Row,
    SourceFile,
    expand,
    limits_from_environment,
    named_form,
    opened,
)
from likewise.errors import InputError, RecordError
from likewise.progress import MessageCallback
from likewise.wording import with_article

Unit = Literal["auto", "line", "section", "document"]
UNITS: tuple[Unit, ...] = ("auto", "line", "section", "document")

Paths = str | Path | Iterable[str | Path]


_NO_FIELDS: Mapping[str, Any] = MappingProxyType({})
"""One for all records: there may be millions."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text, and where it came from.

    Attributes:
        text: the text.
        fields: the other columns of its row.
        source: the file.
        line: line in the file where it begins (item of a JSON list, row of a Parquet file, page of
            a PDF), from 1.
        column: the column the text stood in; None where the file has no columns.
        title: of a table, its column `title`; of a document, what it states, else its file's name;
            of a section, that and the headings above it, with ` > ` between.
        breaks: characters of the text that its blocks begin with, where a long one is best cut;
            None where they are not known.
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
        line: where in it (see `Record.line`); 0 for the file as a whole.
        reason: what is wrong with it.
        hint: what to do about it.
    """

    source: str
    line: int
    reason: str
    hint: str


Bad = Callable[[Skipped], None]
"""Takes what could not be read, such as the `append` of a list."""


def read_records(
    paths: Paths,
    *,
    column: str | None = None,
    unit: Unit = "auto",
    encoding: str | None = None,
    sheet: str | None = None,
    bad: Bad | None = None,
    tell: MessageCallback | None = None,
    detected: Detected | None = None,
    limits: Limits | None = None,
) -> Iterator[Record]:
    """Texts of files, one after the other; JSON lists, web pages and PDF are read whole.

    Args:
        paths: one or several of: a file; a folder, which stands for the files below it whose kind
            is known, hidden ones left out; a pattern such as `notes/**/*.md`. A file that is named
            twice is read once. Kinds: `.txt`, `.md`, `.csv`, `.tsv`, `.jsonl`, `.json` (a list of
            strings or objects), `.parquet`, `.xlsx`, `.html`, `.pdf`, each also with `.gz` or
            `.zst` behind it. `-` is standard input, read as plain text.
        column: the column of the texts in tables; inside another one with a dot between, such as
            `body.text`. When not given it is one of `columns.TEXT_COLUMNS`, else the first one that
            holds text; `Record.column` tells.
        unit: what a record is in plain text, Markdown and web pages: a `line` (blank ones
            skipped), a `section` (what stands under one heading; in plain text a paragraph), or the
            `document`. `auto` takes sections of Markdown and web pages, paragraphs of `.rst` and of
            plain text whose lines are wrapped (see `readers.prose.is_wrapped`), and lines of any
            other plain text. A PDF has one a page, a table one a row.
        encoding: of the files. When not given it is UTF-8, or what the file itself shows it to be.
        sheet: of workbooks, the name of the sheet to read; when not given the first one.
        bad: told of every row and every file that cannot be read, and the rest goes on; without
            it the first one is an error.
        tell: told what people should know: the column and the encoding that were guessed, and
            what was left out.
        detected: called with the name of each text file and its `DetectedEncoding`, as soon as
            that is known.
        limits: of what may lie in memory at once; when not given those of the environment
            (`LIKEWISE_MAX_ROW_MIB`, `LIKEWISE_MAX_FILE_MIB`), else 64 MiB a row and 1 GiB a file
            that is read whole.

    Raises:
        RecordError: a file or a row cannot be read; the message names file and line.
        InputError: there is no such column, or no such unit.
        MissingExtraError: Parquet and Zstandard need the extra `files`, web pages and PDF the
            extra `documents`, which also reads workbooks.
    """
    if unit not in UNITS:
        raise InputError(f"unknown unit {unit!r}", hint="one of " + ", ".join(UNITS))
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    template = SourceFile(
        "", encoding, tell or _unheard, detected, limits or limits_from_environment(), sheet
    )
    reading = _Reading(column, unit, template, bad, len(named) == 1)
    read: set[Path] = set()
    for path in named:
        try:
            for file in expand(path, template.tell):
                if (place := Path(file).resolve()) not in read:
                    read.add(place)
                    yield from reading.file(file)
        except RecordError as error:
            reading.refuse(str(path), error)


def read_texts(
    paths: Paths,
    *,
    column: str | None = None,
    unit: Unit = "auto",
    encoding: str | None = None,
    sheet: str | None = None,
    bad: Bad | None = None,
    tell: MessageCallback | None = None,
    detected: Detected | None = None,
) -> list[str]:
    """The texts of files; see `read_records`."""
    records = read_records(
        paths, column=column, unit=unit, encoding=encoding, sheet=sheet,
        bad=bad, tell=tell, detected=detected,
    )  # fmt: skip
    return [record.text for record in records]


def detect_encoding(path: str | Path, *, encoding: str | None = None) -> DetectedEncoding | None:
    """The encoding that a file is read in; None for kinds that are not text, such as Parquet.

    Reads on until it is known: to the first character beyond ASCII, or to the end.

    Args:
        path: one file, as `read_records` takes it.
        encoding: as in `read_records`.

    Raises:
        RecordError: it cannot be read, or its encoding is not known.
    """
    found: list[DetectedEncoding] = []
    records = read_records(
        path, encoding=encoding, bad=_ignore, detected=lambda _, encoding: found.append(encoding)
    )
    while not found and next(records, None):
        pass
    return found[0] if found else None


def _unheard(_: str) -> None:
    """Nobody listens."""


def _ignore(_: Skipped) -> None:
    """Rows are of no interest."""


@dataclass(frozen=True)
class _Reading:
    """How files are read.

    Attributes:
        column: see `read_records`.
        unit: see `read_records`.
        source: what every file has in common.
        bad: see `read_records`.
        alone: whether one path was named; then a column must fit it.
    """

    column: str | None
    unit: Unit
    source: SourceFile
    bad: Bad | None
    alone: bool

    def file(self, path: str | Path) -> Iterator[Record]:
        """The records of one file."""
        name = "standard input" if str(path) == "-" else str(path)
        try:
            form = named_form(path)
            rows = form.reader(self.unit)
            source = replace(self.source, name=name)
            with opened(path, name) as stream:
                yield from self._records(rows(stream, source), name, form.unit)
        except RecordError as error:
            self.refuse(name, error)

    def refuse(self, name: str, error: RecordError) -> None:
        """A file that cannot be read."""
        if self.bad is None:
            raise error
        self.bad(Skipped(name, 0, error.message, error.hint))

    def _records(self, rows: Iterable[Row], name: str, unit: str) -> Iterator[Record]:
        chosen = _Chosen()
        for row in rows:
            if isinstance(row.value, Mapping) and not chosen.column:
                chosen = self._choose(row.value, name)
            found = self._record(row, name, chosen)
            if isinstance(found, Record):
                yield found
            elif self.bad:
                self.bad(Skipped(name, row.line, found.reason, found.hint))
            else:
                where = f"{name}, {unit} {row.line}"
                joint = ", " if found.reason.startswith("column") else ": "
                raise RecordError(f"{where}{joint}{found.reason}", hint=found.hint)

    def _choose(self, row: Mapping[str, Any], name: str) -> _Chosen:
        try:
            column = choose_column(row, self.column, name)
        except InputError as error:
            if self.alone or self.bad is None:
                raise
            raise RecordError(error.message, hint=error.hint) from error
        if self.column is None:
            self.source.tell(f"texts are taken from column {column!r} of {name}")
        titles = (known for known in row if known.strip().lower() == "title" and known != column)
        return _Chosen(column, next(titles, None))

    def _record(self, row: Row, name: str, chosen: _Chosen) -> Record | Problem:
        value = row.value
        if isinstance(value, Problem):
            return value
        if isinstance(value, str):
            if self.column is not None and self.alone and not row.title:
                raise InputError(
                    f"{name} has no columns, so none named {self.column!r}",
                    hint="leave the column out; it is one text a line",
                )
            return _flaw(value) or Record(
                value, source=name, line=row.line, title=row.title, breaks=row.breaks
            )
        if not isinstance(value, Mapping):
            return _no_text(value)
        text = cell(value, chosen.column)
        if not isinstance(text, str):
            missing = _no_text(text)
            return Problem(f"column {chosen.column!r}: {missing.reason}", missing.hint)
        for known, other in chain(((chosen.column, text),), value.items()):
            if isinstance(other, str) and (flaw := _flaw(other)):
                return Problem(f"column {known!r}: {flaw.reason}", flaw.hint)
        fields = others(value, chosen.column)
        title = value.get(chosen.title) if chosen.title else None
        title = title.strip() if isinstance(title, str) else ""
        return Record(text, MappingProxyType(fields), name, row.line, chosen.column, title)


@dataclass(frozen=True)
class _Chosen:
    """Columns of a table.

    Attributes:
        column: of texts.
        title: of titles, where there is one.
    """

    column: str = ""
    title: str | None = None


def _no_text(value: object) -> Problem:
    what = "nothing" if value is None else with_article(type(value).__name__)
    return Problem(
        f"{what} where a text is expected", "leave the row out, or choose another column"
    )


def _flaw(text: str) -> Problem | None:
    """What keeps a text from being written anywhere; None where nothing does."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Problem(
            f"a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start}, "
            "which is no valid Unicode",
            "drop the character, or write the file again from its source",
        )
    return None
