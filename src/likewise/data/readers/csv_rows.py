"""Rows of comma-separated values, with cells of any length.

Python's `csv` parses them. Its limit of a cell's length belongs to the whole process, so it is left
as it is: the rare row with a longer cell is parsed here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from likewise.data.readers.contract import Problem
from likewise.data.readers.limits import too_long

_OBJECT = 64
"""Bytes that a line takes in memory besides its own, which are counted too."""

_QUOTES = 'a quote inside a quoted cell is doubled: "He said ""no"""'


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row.

    Attributes:
        line: the line that it begins in, from 1.
        cells: its cells; none where the line is blank.
        problem: why it cannot be read, where it cannot.
    """

    line: int
    cells: list[str]
    problem: Problem | None = None


def csv_rows(lines: Iterable[tuple[str, int]], limit: int) -> Iterator[CsvRow]:
    """Rows of lines; a cell between quotes may span lines.

    Args:
        lines: each with its end, and its size in bytes. No more of them are taken than the rows
            given so far have.
        limit: bytes of a row at most; a longer one is given as a problem.
    """
    feed = _Feed(iter(lines), limit)
    reader = csv.reader(feed, strict=True)
    while True:
        first = feed.begin()
        try:
            yield CsvRow(first, next(reader))
        except StopIteration:
            return
        except _TooLongError:
            yield CsvRow(first, [], too_long(limit))
        except csv.Error as error:
            if "field limit" in str(error):
                yield _long_row(first, feed, limit)
            else:
                yield CsvRow(first, [], _broken(error))


class _TooLongError(Exception):
    """A row is over the limit."""


class _Feed:
    """Lines, and what of them the current row has.

    Attributes:
        taken: its lines so far.
    """

    def __init__(self, lines: Iterator[tuple[str, int]], limit: int) -> None:
        self._lines, self._limit = lines, limit
        self._number = self._size = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        text, size = next(self._lines)
        self._number += 1
        self._size += size + _OBJECT
        if self._size > self._limit:
            raise _TooLongError
        self.taken.append(text)
        return text

    def begin(self) -> int:
        """Begin another row; the number of its first line."""
        self.taken, self._size = [], 0
        return self._number + 1


def _long_row(first: int, feed: _Feed, limit: int) -> CsvRow:
    try:
        return CsvRow(first, _cells(chain(tuple(feed.taken), feed)))
    except StopIteration:
        return CsvRow(first, [], _broken(csv.Error("unexpected end of data")))
    except _TooLongError:
        return CsvRow(first, [], too_long(limit))
    except csv.Error as error:
        return CsvRow(first, [], _broken(error))


def _cells(lines: Iterator[str]) -> list[str]:
    """The cells of one row, by the rules of `csv.reader(strict=True)`."""
    cells: list[str] = []
    line, place = next(lines), 0
    while True:
        if line[place : place + 1] == '"':
            parts: list[str] = []
            place += 1
            while True:
                end = line.find('"', place)
                if end < 0:
                    parts.append(line[place:])
                    line, place = next(lines), 0
                    continue
                parts.append(line[place:end])
                place = end + 1
                if line[place : place + 1] != '"':
                    break
                parts.append('"')
                place += 1
            cells.append("".join(parts))
        else:
            end = line.find(",", place)
            cells.append(line[place:end] if end >= 0 else line[place:].rstrip("\r\n"))
            place = end if end >= 0 else len(line)
        if line[place : place + 1] != ",":
            break
        place += 1
    if line[place:].strip("\r\n"):
        raise csv.Error("',' expected after '\"'")
    return cells


def _broken(error: csv.Error) -> Problem:
    if "unexpected end of data" in str(error):
        return Problem(
            "a quote that is opened here is never closed, so that all after it is one row",
            f"close it; {_QUOTES}",
        )
    return Problem(str(error), _QUOTES)
