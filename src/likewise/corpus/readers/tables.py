"""Tables: comma- and tab-separated, and Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from likewise.corpus.readers.contract import Problem, Row, Source
from likewise.corpus.readers.encodings import read_lines
from likewise.errors import RecordError
from likewise.extras import require

CELL = 2**26
"""Characters of a cell at most: beyond all texts, below what a lost quote would swallow."""


def read_csv(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """Rows by the names in the first line; a cell between quotes may span lines."""
    # the limit of 128 KiB a cell belongs to the whole process; long texts are ordinary here
    csv.field_size_limit(max(csv.field_size_limit(), CELL))
    unreadable: list[Problem] = []

    def texts() -> Iterator[str]:
        for line in read_lines(stream, source):
            if line.problem:
                unreadable.append(line.problem)
            yield line.text

    reader = csv.reader(texts(), strict=True)
    header: list[str] = []
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(first, _broken(error))
            continue
        if unreadable:
            yield Row(first, unreadable[0])
            unreadable.clear()
        elif not header:
            header = cells
        elif cells:
            yield _row(first, header, cells)


def _broken(error: csv.Error) -> Problem:
    if "unexpected end of data" in str(error):
        return Problem(
            "a quote that is opened here is never closed, so that all after it is one row",
            'close it; a quote inside a quoted cell is doubled: "He said ""no"""',
        )
    return Problem(str(error), 'a quote inside a quoted cell is doubled: "He said ""no"""')


def read_tsv(stream: BinaryIO, source: Source) -> Iterator[Row]:
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


def _unquoted(cell: str) -> str:
    """A cell without the quotes that spreadsheets put around some; lone ones belong to the text."""
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
            f"{len(cells)} cells, the header has {len(header)}",
            "put texts that hold the separator between double quotes",
        ),
    )


def read_parquet(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """Rows of a Parquet file.

    Raises:
        RecordError: it is none.
        MissingExtraError: the extra `files` is not installed.
    """
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    try:
        number = 0
        for batch in parquet.ParquetFile(stream).iter_batches(batch_size=8192):
            for number, row in enumerate(batch.to_pylist(), number + 1):  # noqa: B020
                yield Row(number, row)
    except arrow.ArrowException as error:
        raise RecordError(
            f"{source.name} cannot be read as Parquet: {str(error).splitlines()[0]}",
            hint="fetch or make it again",
        ) from error
