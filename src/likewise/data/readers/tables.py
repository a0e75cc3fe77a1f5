"""Reads tables: CSV, TSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from likewise.data.readers.contract import Problem, Row, SourceFile
from likewise.data.readers.csv_rows import csv_rows
from likewise.data.readers.encodings import read_lines
from likewise.errors import RecordError
from likewise.extras import require
from likewise.wording import counted


def read_csv(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """Rows by the names in the first line; a quoted cell may span lines."""
    unreadable: list[Problem] = []

    def lines() -> Iterator[tuple[str, int]]:
        for line in read_lines(stream, source):
            if line.problem:
                unreadable.append(line.problem)
            yield line.text, line.size

    header: list[str] = []
    for row in csv_rows(lines(), source.limits.row):
        if problem := unreadable[0] if unreadable else row.problem:
            yield Row(row.line, problem)
            unreadable.clear()
        elif not header:
            header = row.cells
        elif row.cells:
            yield _row(row.line, header, row.cells)


def read_tsv(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """Rows by the names in the first line."""
    header: list[str] = []
    for line in read_lines(stream, source):
        text = line.text.rstrip("\r\n")
        if line.problem:
            yield Row(line.number, line.problem)
        elif text:
            cells = [_unquoted(cell) for cell in text.split("\t")]
            if header:
                yield _row(line.number, header, cells)
            header = header or cells


def read_tsv_verbatim(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The same, but quotes around a cell are part of its text."""
    header: list[str] = []
    for line in read_lines(stream, source):
        if line.problem:
            yield Row(line.number, line.problem)
        elif line.text.strip():
            cells = line.text.rstrip("\r\n").split("\t")
            if header:
                yield _row(line.number, header, cells)
            header = header or cells


def _unquoted(cell: str) -> str:
    """A cell without surrounding quotes; unbalanced quotes are part of the text."""
    inner = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) == len(header):
        return Row(line, dict(zip(header, cells, strict=True)))
    return Row(
        line,
        Problem(
            f"{counted(len(cells), 'cell')}, the header has {len(header)}",
            "put double quotes around texts that contain the separator",
        ),
    )


def read_parquet(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """Rows of a Parquet file.

    Raises:
        RecordError: it is not a Parquet file.
        MissingExtraError: the extra `files` is not installed.
    """
    parquet = require("pyarrow.parquet", "files")
    with _translated(source):
        number = 0
        for batch in parquet.ParquetFile(stream).iter_batches(batch_size=8192):
            for number, row in enumerate(batch.to_pylist(), number + 1):  # noqa: B020
                yield Row(number, row)


def parquet_table(stream: BinaryIO, source: SourceFile) -> Any:
    """A whole Parquet file as an Arrow table.

    Raises:
        RecordError: it is not a Parquet file.
        MissingExtraError: the extra `files` is not installed.
    """
    with _translated(source):
        return require("pyarrow.parquet", "files").read_table(stream)


@contextmanager
def _translated(source: SourceFile) -> Iterator[None]:
    arrow = require("pyarrow", "files")
    try:
        yield
    except arrow.ArrowException as error:
        raise RecordError(
            f"{source.name} cannot be read as Parquet: {str(error).splitlines()[0]}",
            hint="download or export it again",
        ) from error
