"""Workbooks (.xlsx): rows of a sheet with displayed values, streamed.

openpyxl reads row by row, so a cell far below or to the right costs nothing. Readers that load a
sheet as a rectangle can be made to allocate terabytes by a file of a kilobyte.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from likewise.errors import InputError, RecordError
from likewise.extras import require

EXTRA = "documents"

MAX_ROWS = 2**20
"""Maximum rows of a sheet, by the format's definition."""

_PERCENT = re.compile(r"0(?:\.(0+))?%")
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"
"""First bytes of .xls files and encrypted workbooks."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        name: the name of the sheet.
        others: the names of the other sheets.
        cells: openpyxl's sheet, which can be read once.
    """

    name: str
    others: tuple[str, ...]
    cells: Any

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows that are not blank: number, from 1, and cells without trailing blanks."""
        for number, row in enumerate(self.cells.iter_rows(), 1):
            if number > MAX_ROWS:
                raise RecordError(
                    f"the sheet {self.name!r} has a row above {MAX_ROWS:,}",
                    hint="open it and save it again",
                )
            if row and (cells := _trimmed([_displayed(cell) for cell in row])):
                yield number, cells

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows by the names in the first row; a column without a name uses its letter."""
        header: list[str] = []
        for number, cells in self.rows():
            if header:
                names = [*header, *_letters(len(header), len(cells))]
                yield number, dict(zip(names, cells + [""] * len(names), strict=False))
            else:
                header = _names(cells)


@contextmanager
def open_sheet(
    content: bytes, name: str, sheet: str | None = None, *, limit: int = 2**30
) -> Iterator[Sheet]:
    """Open a sheet of a workbook.

    Args:
        content: bytes of the workbook.
        name: of the file in messages.
        sheet: the name of the sheet; default: the first one.
        limit: maximum decompressed bytes.

    Raises:
        RecordError: not a workbook, damaged, encrypted or too large; also while reading rows.
        InputError: unknown sheet.
        MissingExtraError: the extra `documents` is not installed.
    """
    openpyxl = require("openpyxl", EXTRA)
    if content.startswith(_OLE_SIGNATURE):
        raise RecordError(
            f"{name} is encrypted, or in the older format .xls",
            hint="save it as .xlsx without a password",
        )
    try:
        _check_size(content, name, limit)
        with warnings.catch_warnings():  # about styles, which are not used
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            yield _select_sheet(book, name, sheet)
        finally:
            book.close()
    except (RecordError, InputError):
        raise
    except Exception as error:  # damaged files raise errors of any type
        raise RecordError(
            f"{name} cannot be read as a workbook: {error}", hint="open it and save it again"
        ) from error


def _check_size(content: bytes, name: str, limit: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > limit:
        raise RecordError(
            f"{name} has {size / 2**20:,.0f} MiB of decompressed data; the limit is "
            f"{limit / 2**20:,.0f} MiB",
            hint="split it, or raise the limit with LIKEWISE_MAX_FILE_MIB",
        )


def _select_sheet(book: Any, name: str, sheet: str | None) -> Sheet:
    sheets = {cells.title: cells for cells in book.worksheets}
    if not sheets:
        raise RecordError(f"{name} has no worksheet", hint="choose another file")
    selected = next(iter(sheets)) if sheet is None else sheet
    if selected not in sheets:
        raise InputError(
            f"{name} has no sheet {selected!r}", hint="its sheets: " + ", ".join(sheets)
        )
    cells = sheets[selected]
    cells.reset_dimensions()  # the stated dimensions may be wrong
    return Sheet(selected, tuple(other for other in sheets if other != selected), cells)


def _displayed(cell: Any) -> str:
    """A cell as displayed; dates in ISO format, numbers without grouping."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format))
    if isinstance(value, datetime.datetime):
        return _date(value, str(cell.number_format))
    return str(value)


def _date(value: datetime.datetime, number_format: str) -> str:
    if value.time() == datetime.time() and "h" not in number_format.lower():
        return value.date().isoformat()
    return value.isoformat(" ", "seconds")


def _number(value: float, number_format: str) -> str:
    if found := _PERCENT.fullmatch(number_format):
        return f"{value * 100:.{len(found[1] or '')}f}%"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _trimmed(cells: list[str]) -> list[str]:
    """The cells without blanks at the end."""
    last = next((n for n in range(len(cells), 0, -1) if cells[n - 1].strip()), 0)
    return cells[:last]


def _names(cells: Sequence[str]) -> list[str]:
    letters = _letters(0, len(cells))
    names: list[str] = []
    for cell, letter in zip(cells, letters, strict=True):
        name = cell.strip() or letter
        names.append(f"{name} ({letter})" if name in names else name)
    return names


def _letters(start: int, end: int) -> list[str]:
    letter = require("openpyxl.utils", EXTRA).get_column_letter
    return [str(letter(place)) for place in range(start + 1, end + 1)]
