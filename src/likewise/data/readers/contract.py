"""Interface of the readers: an open file in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from likewise.data.readers.detection import Basis, DetectedEncoding
from likewise.progress import MessageCallback

OnEncoding = Callable[[str, DetectedEncoding], None]
"""Called with the name of a file and its encoding, as soon as the encoding is known."""


@dataclass(frozen=True)
class Limits:
    """Memory limits for reading a file, after decompression.

    Attributes:
        row: bytes of a line, or of a CSV row of several lines; a longer one is reported as a row
            that cannot be read.
        file: bytes of a file that is read whole: JSON lists, web pages, PDF, workbooks.
    """

    row: int = 2**26
    file: int = 2**30


@dataclass(frozen=True)
class SourceFile:
    """The file that is read, and how.

    Attributes:
        name: of the file, in messages.
        encoding: of its text; None detects it.
        on_message: called with notes for the user.
        on_encoding: called with the encoding, as soon as it is known.
        limits: memory limits.
        sheet: name of the sheet of a workbook; None reads the first one.
    """

    name: str
    encoding: str | None
    on_message: MessageCallback
    on_encoding: OnEncoding | None = None
    limits: Limits = Limits()
    sheet: str | None = None

    @property
    def title(self) -> str:
        """The title of a document that states none: the name of the file, without suffixes."""
        name = Path(self.name).name
        return name.split(".")[0] or name

    def set_encoding(self, encoding: str, basis: Basis) -> None:
        """Report the encoding that the file is read in; the user is notified if it is not UTF-8."""
        found = DetectedEncoding(encoding, basis)
        if basis == "guessed":
            self.on_message(
                f"{self.name} is not UTF-8; it is read as {found.label}, "
                "which was guessed: set the encoding if that is wrong"
            )
        elif basis == "mark" and encoding.startswith(("utf-16", "utf-32")):
            self.on_message(f"{self.name} is read as {found.label}")
        if self.on_encoding:
            self.on_encoding(self.name, found)


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be read.

    Attributes:
        reason: what is wrong, such as `not valid JSON`.
        hint: how to fix it.
    """

    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes:
        line: number of the line, item, row or page at which it begins, from 1.
        value: a text, values by column, or a `Problem`.
        title: of its document, with the headings above the row.
        breaks: offsets in the text at which blocks begin; None if they are unknown.
    """

    line: int
    value: object
    title: str = ""
    breaks: tuple[int, ...] | None = None


Rows = Callable[[BinaryIO, SourceFile], Iterator[Row]]
"""Reads an open file.

A row that cannot be read is returned as a `Problem`, and reading continues after it; a file that
cannot be read raises a `RecordError`.
"""


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        rows: reads the rows of a file.
        unit: name of a row: line, item, row, page.
        document: reads a file as one document, if the format allows it.
        sections: reads a file by sections or paragraphs, if the format allows it.
        default: reads a file when no unit is given; `rows` when None.
    """

    rows: Rows
    unit: str = "line"
    document: Rows | None = None
    sections: Rows | None = None
    default: Rows | None = None

    def reader(self, unit: str) -> Rows:
        """The reader for a unit: `auto`, `line`, `section` or `document`."""
        readers = {"auto": self.default, "section": self.sections, "document": self.document}
        return readers.get(unit) or self.rows
