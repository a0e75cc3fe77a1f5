"""Reads files as tables: all rows in memory, by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.data.columns import flatten_columns
from likewise.data.readers import (
    Problem,
    SourceFile,
    limits_from_environment,
    located,
    open_binary,
    require_format,
)
from likewise.data.readers.formats import COMPRESSED
from likewise.data.readers.tables import read_tsv, read_tsv_verbatim
from likewise.errors import RecordError
from likewise.wording import with_article

TABLE_SUFFIXES = (".tsv", ".csv", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")
"""Suffixes of tables; a suffix of `COMPRESSED` may follow."""


@dataclass(frozen=True)
class Table:
    """The rows of a file, by column.

    Attributes:
        path: the file.
        columns: values by column name, all of the same length; None for a missing value.
    """

    path: Path
    columns: Mapping[str, list[Any]]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), []))


def uncompressed_name(path: Path) -> Path:
    """The name of a file without the suffix of its compression."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def is_table(path: Path) -> bool:
    """Whether a file is a table, judged by its name."""
    return uncompressed_name(path).suffix.lower() in TABLE_SUFFIXES


def read_rows(path: Path, encoding: str | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a file; a nested column is named `outer.inner`, plain text is the column `text`.

    Quotes around a cell of a `.tsv` file are part of its text.

    Args:
        path: the file, or the address of an object.
        encoding: of a text file; detected when not given.

    Raises:
        RecordError: the file or a row cannot be read; the message names file and line.
        MissingExtraError: its format needs an extra.
    """
    name = str(located(path))
    form = require_format(path)
    rows = form.reader("auto")
    rows = read_tsv_verbatim if rows is read_tsv else rows
    source = SourceFile(name, encoding, lambda _: None, limits=limits_from_environment())
    with open_binary(path, name) as stream:
        for row in rows(stream, source):
            where = f"{name}, {form.unit} {row.line}"
            if isinstance(row.value, Problem):
                raise RecordError(f"{where}: {row.value.reason}", hint=row.value.hint)
            if isinstance(row.value, str):
                yield {"text": row.value}
            elif isinstance(row.value, Mapping):
                yield dict(flatten_columns(row.value))
            else:
                raise RecordError(
                    f"{where}: {with_article(type(row.value).__name__)} where columns are expected",
                    hint="give an object, or a row under a header",
                )


def read_table(path: Path, encoding: str | None = None) -> Table:
    """Read a whole file; see `read_rows`.

    Raises:
        RecordError: the file or a row cannot be read, or it has no rows.
        MissingExtraError: its format needs an extra.
    """
    rows = list(read_rows(path, encoding))
    if not rows:
        raise RecordError(
            f"{located(path)} has no rows", hint="it needs a header and at least one row"
        )
    names = {name: None for row in rows for name in row}
    return Table(path, {name: [row.get(name) for row in rows] for name in names})
