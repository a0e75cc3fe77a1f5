"""Workbooks (.xlsx): rows of a sheet as people see them, streamed.

openpyxl reads row by row, so that a cell far below or to the right costs nothing; readers that lay
a sheet out as a rectangle can be made to allocate terabytes by a file of a kilobyte.
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

ROWS = 2**20
"""Rows that a sheet may have, by the format's own definition."""

_PERCENT = re.compile(r"0(?:\.(0+))?%")
_OLD = b"\xd0\xcf\x11\xe0"
"""What .xls files and encrypted workbooks begin with."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        name: its name.
        others: the names of the other sheets.
        cells: openpyxl's sheet, opened to be read once.
    """

    name: str
    others: tuple[str, ...]
    cells: Any

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The number of each row that is not blank, from 1, and its cells up to the last filled."""
        for number, row in enumerate(self.cells.iter_rows(), 1):
            if number > ROWS:
                raise ValueError(f"a row above {ROWS:,}")
            if row and (cells := _filled([_shown(cell) for cell in row])):
                yield number, cells

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows by the names in the first one; a column without a name goes by its letter."""
        header: list[str] = []
        for number, cells in self.rows():
            if header:
                names = [*header, *_letters(len(header), len(cells))]
                yield number, dict(zip(names, cells + [""] * len(names), strict=False))
            else:
                header = _names(cells)


@contextmanager
def opened_sheet(
    content: bytes, name: str, sheet: str | None = None, *, limit: int = 2**30
) -> Iterator[Sheet]:
    """Open a sheet of a workbook.

    Args:
        content: the workbook, whole.
        name: what messages call it.
        sheet: the sheet's name; the first one when not given.
        limit: bytes that it may hold, unpacked.

    Raises:
        RecordError: it is no workbook, damaged, encrypted or too large; also while rows are read.
        InputError: there is no such sheet.
        MissingExtraError: the extra `documents` is not installed.
    """
    openpyxl = require("openpyxl", EXTRA)
    if content.startswith(_OLD):
        raise RecordError(
            f"{name} is encrypted, or of the older kind .xls",
            hint="save it as .xlsx without a password",
        )
    try:
        _check_size(content, name, limit)
        with warnings.catch_warnings():  # of styles, which play no part here
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            yield _chosen(book, name, sheet)
        finally:
            book.close()
    except (RecordError, InputError):
        raise
    except Exception as error:  # damage shows as whatever error it happens to run into
        raise RecordError(
            f"{name} cannot be read as a workbook: {error}", hint="open it and save it again"
        ) from error


def _check_size(content: bytes, name: str, limit: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > limit:
        raise RecordError(
            f"{name} holds {size / 2**20:,.0f} MiB, unpacked, and the limit is "
            f"{limit / 2**20:,.0f} MiB",
            hint="split it, or raise the limit with LIKEWISE_MAX_FILE_MIB",
        )


def _chosen(book: Any, name: str, sheet: str | None) -> Sheet:
    sheets = {cells.title: cells for cells in book.worksheets}
    if not sheets:
        raise RecordError(f"{name} has no sheet of cells", hint="choose another file")
    chosen = next(iter(sheets)) if sheet is None else sheet
    if chosen not in sheets:
        raise InputError(f"{name} has no sheet {chosen!r}", hint="its sheets: " + ", ".join(sheets))
    cells = sheets[chosen]
    cells.reset_dimensions()  # what is stated there need not be true
    return Sheet(chosen, tuple(other for other in sheets if other != chosen), cells)


def _shown(cell: Any) -> str:
    """A cell as a person sees it; dates in ISO form, numbers without grouping."""
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


def _date(value: datetime.datetime, form: str) -> str:
    if value.time() == datetime.time() and "h" not in form.lower():
        return value.date().isoformat()
    return value.isoformat(" ", "seconds")


def _number(value: float, form: str) -> str:
    if found := _PERCENT.fullmatch(form):
        return f"{value * 100:.{len(found[1] or '')}f}%"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _filled(cells: list[str]) -> list[str]:
    """Without the blank cells at the end."""
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
