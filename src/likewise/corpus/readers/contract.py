"""What every kind of file has in common: an open file in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Tell = Callable[[str], None]
"""Takes a line for people: what was guessed or left out."""


@dataclass(frozen=True)
class Source:
    """The file that is being read.

    Attributes:
        name: as it is called in messages.
        encoding: of its text, where the caller knows; else it is found out.
        tell: takes what people should know of it.
    """

    name: str
    encoding: str | None
    tell: Tell

    @property
    def title(self) -> str:
        """What a document without a title of its own goes by: its file's name, without suffixes."""
        name = Path(self.name).name
        return name.split(".")[0] or name


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
        title: of the document it is from.
    """

    line: int
    value: object
    title: str = ""


Rows = Callable[[BinaryIO, Source], Iterator[Row]]
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
    """

    rows: Rows
    unit: str = "line"
    document: Rows | None = None
