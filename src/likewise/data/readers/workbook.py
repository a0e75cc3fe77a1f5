"""Reads workbooks: one record per row of a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from likewise.data.readers.contract import Row, SourceFile
from likewise.data.readers.limits import read_whole
from likewise.data.workbook import open_sheet


def read_workbook(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """Rows of the first sheet, or of `source.sheet`, by the names in its first row.

    Raises:
        RecordError: the file is too large, or not a workbook.
        InputError: an unknown sheet.
        MissingExtraError: the extra `documents` is not installed.
    """
    content = read_whole(stream, source)
    with open_sheet(content, source.name, source.sheet, limit=source.limits.file) as sheet:
        if sheet.others and source.sheet is None:
            source.on_message(
                f"{source.name} is read from its sheet {sheet.name!r}; "
                f"it also has {', '.join(map(repr, sheet.others))}"
            )
        for number, row in sheet.records():
            yield Row(number, row)
