"""Interface of the readers: an open file in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from likewise.data.readers.detection import Basis, DetectedEncoding
from likewise.progress import MessageCallback

OnEncoding = Callable[[str, DetectedEncoding], None]
"""Takes the name of a file and the encoding that it is read in, once that is known."""


@dataclass(frozen=True)
class Limits:
    """Memory limits for reading a file, after decompression.

    Attributes:
        row: bytes of a line, or of a row of a CSV file that spans lines; a longer one is reported
            as a row that cannot be read.
        file: bytes of a file of a kind that is read whole: JSON lists, web pages, PDF, workbooks.
    """

    row: int = 2**26
    file: int = 2**30


@dataclass(frozen=True)
class SourceFile:
    """The file that is being read.

    Attributes:
        name: as it is called in messages.
        encoding: of its text, where the caller knows; else it is found out.
        tell: takes what people should know of it.
        detected: takes the encoding that it is read in.
        limits: how much of it may lie in memory.
        sheet: of a workbook, the name of the sheet to read; when not given the first one.
    """

    name: str
    encoding: str | None
    on_message: MessageCallback
    on_encoding: OnEncoding | None = None
    limits: Limits = Limits()
    sheet: str | None = None

    @property
    def title(self) -> str:
        """What a document without a title of its own goes by: its file's name, without suffixes."""
        name = Path(self.name).name
        return name.split(".")[0] or name

    def settle(self, encoding: str, basis: Basis) -> None:
        """Report the encoding that it is read in; people hear of it where it is not plain UTF-8."""
        found = DetectedEncoding(encoding, basis)
        if basis == "guessed":
            self.on_message(
                f"{self.name} is not UTF-8; it is read as {found.label}, "
                "which was guessed: set the encoding where that is wrong"
            )
        elif basis == "mark" and encoding.startswith(("utf-16", "utf-32")):
            self.on_message(f"{self.name} is read as {found.label}")
        if self.on_encoding:
            self.on_encoding(self.name, found)


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be read.

    Attributes:
        reason: what is wrong, such as `no valid JSON`.
        hint: what to do about it.
    """

    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one place of a file.

    Attributes:
        line: where it begins: the line, item, row or page, from 1.
        value: a text, columns by name, or the `Problem` it has.
        title: of the document it is from, with the headings above it.
        breaks: characters of a text that its blocks begin with, where these are known.
    """

    line: int
    value: object
    title: str = ""
    breaks: tuple[int, ...] | None = None


Rows = Callable[[BinaryIO, SourceFile], Iterator[Row]]
"""Reads an open file.

A row that cannot be read is given as a `Problem`, so that reading goes on after it; a file that
cannot be read is a `RecordError`.
"""


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        rows: reads its rows.
        unit: what a row is called: line, item, row, page.
        document: reads it as one document, where that is another way to read it.
        sections: reads it by its sections or paragraphs, where it has any.
        usual: reads it where nobody says how; `rows` when not given.
    """

    rows: Rows
    unit: str = "line"
    document: Rows | None = None
    sections: Rows | None = None
    usual: Rows | None = None

    def reader(self, unit: str) -> Rows:
        """What reads it by a unit: `auto`, `line`, `section` or `document`."""
        wanted = {"auto": self.usual, "section": self.sections, "document": self.document}
        return wanted.get(unit) or self.rows
