"""Local files as tables: TSV, CSV, JSONL, Parquet and workbooks, columns by name."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.data.workbook import open_sheet
from likewise.errors import RecordError
from likewise.extras import require
from likewise.wording import counted, with_article


@dataclass(frozen=True)
class Table:
    """A file's rows by column.

    Attributes:
        path: the file.
        columns: values by column name, all equally long.
    """

    path: Path
    columns: Mapping[str, list[Any]]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(next(iter(self.columns.values()), []))


def read_table(path: Path) -> Table:
    """Read a file by its ending, a workbook's first sheet; `.tsv` without quoting.

    Raises:
        RecordError: the file cannot be read, and where.
        MissingExtraError: Parquet without pyarrow, or a workbook without openpyxl.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise RecordError(
            f"cannot read {path}: unknown ending {path.suffix!r}",
            hint="use " + ", ".join(READERS),
        )
    try:
        columns = reader(path)
    except UnicodeDecodeError as error:
        raise RecordError(
            f"{path} is not UTF-8: {error.reason}", hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise RecordError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    if not columns or not next(iter(columns.values())):
        raise RecordError(f"{path} has no rows", hint="it needs a header and one row at least")
    return Table(path, columns)


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one a line; empty lines are skipped.

    Raises:
        RecordError: a line is no JSON object, with its number.
    """
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise RecordError(
                    f"line {number} of {path} is no JSON: {error.msg}",
                    hint="put one JSON object on each line",
                ) from error
            if not isinstance(row, dict):
                raise RecordError(
                    f"line {number} of {path} is {with_article(type(row).__name__)}, "
                    "expected an object",
                    hint="put one JSON object on each line",
                )
            yield row


def _jsonl(path: Path) -> dict[str, list[Any]]:
    rows = list(read_jsonl(path))
    names = {name: None for row in rows for name in row}
    return {name: [row.get(name) for row in rows] for name in names}


def _tsv(path: Path) -> dict[str, list[Any]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return _columns(path, (line.rstrip("\r\n").split("\t") for line in lines if line.strip()))


def _csv(path: Path) -> dict[str, list[Any]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return _columns(path, (row for row in csv.reader(lines) if row))


def _columns(path: Path, rows: Iterator[list[str]]) -> dict[str, list[Any]]:
    header = next(rows, [])
    values: list[list[str]] = []
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise RecordError(
                f"row {number} of {path} has {counted(len(row), 'field')}, "
                f"its header {len(header)}",
                hint="a .tsv is split on tabs without quoting; a .csv on commas with quoting",
            )
        values.append(row)
    return {name: [row[i] for row in values] for i, name in enumerate(header)}


def _parquet(path: Path) -> dict[str, list[Any]]:
    arrow = require("pyarrow", "files")
    try:
        columns = require("pyarrow.parquet", "files").read_table(path).to_pydict()
    except arrow.ArrowInvalid as error:
        raise RecordError(f"{path} is no Parquet file: {error}", hint="check the file") from error
    return dict(columns)


def _workbook(path: Path) -> dict[str, list[Any]]:
    with open_sheet(path.read_bytes(), str(path)) as sheet:
        rows = [row for _, row in sheet.records()]
    names = {name: None for row in rows for name in row}
    return {name: [row.get(name, "") for row in rows] for name in names}


READERS = {
    ".tsv": _tsv,
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
    ".xlsx": _workbook,
}
