"""Parses CSV rows with cells of any length.

Python's `csv` has a limit of the length of a cell that is global to the process, so it is not
changed: the rare rows with longer cells are parsed here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from likewise.data.readers.contract import Problem
from likewise.data.readers.limits import too_long

_OVERHEAD = 64
"""Bytes of memory per line in addition to its content."""

_QUOTES = 'a quote inside a quoted cell is doubled: "He said ""no"""'


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row.

    Attributes:
        line: number of its first line, from 1.
        cells: its cells; empty for a blank line.
        problem: why it cannot be read; None if it can.
    """

    line: int
    cells: list[str]
    problem: Problem | None = None


def csv_rows(lines: Iterable[tuple[str, int]], limit: int) -> Iterator[CsvRow]:
    """Parse lines into rows; a quoted cell may span lines.

    Args:
        lines: each line with its line end, and its size in bytes. No line is consumed before its
            row is requested.
        limit: most bytes of a row; a longer one becomes a problem.
    """
    feed = _LineFeed(iter(lines), limit)
    reader = csv.reader(feed, strict=True)
    while True:
        first = feed.start_row()
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
                yield CsvRow(first, [], _problem(error))


class _TooLongError(Exception):
    """A row is over the limit."""


class _LineFeed:
    """Iterates over lines, and collects those of the current row.

    Attributes:
        row: lines of the current row so far.
    """

    def __init__(self, lines: Iterator[tuple[str, int]], limit: int) -> None:
        self._lines, self._limit = lines, limit
        self._number = self._size = 0
        self.row: list[str] = []

    def __iter__(self) -> _LineFeed:
        return self

    def __next__(self) -> str:
        text, size = next(self._lines)
        self._number += 1
        self._size += size + _OVERHEAD
        if self._size > self._limit:
            raise _TooLongError
        self.row.append(text)
        return text

    def start_row(self) -> int:
        """Start a row; returns the number of its first line."""
        self.row, self._size = [], 0
        return self._number + 1


def _long_row(first: int, feed: _LineFeed, limit: int) -> CsvRow:
    try:
        return CsvRow(first, _cells(chain(tuple(feed.row), feed)))
    except StopIteration:
        return CsvRow(first, [], _problem(csv.Error("unexpected end of data")))
    except _TooLongError:
        return CsvRow(first, [], too_long(limit))
    except csv.Error as error:
        return CsvRow(first, [], _problem(error))


def _cells(lines: Iterator[str]) -> list[str]:
    """The cells of one row, by the rules of `csv.reader(strict=True)`."""
    cells: list[str] = []
    line, position = next(lines), 0
    while True:
        if line[position : position + 1] == '"':
            parts: list[str] = []
            position += 1
            while True:
                end = line.find('"', position)
                if end < 0:
                    parts.append(line[position:])
                    line, position = next(lines), 0
                    continue
                parts.append(line[position:end])
                position = end + 1
                if line[position : position + 1] != '"':
                    break
                parts.append('"')
                position += 1
            cells.append("".join(parts))
        else:
            end = line.find(",", position)
            cells.append(line[position:end] if end >= 0 else line[position:].rstrip("\r\n"))
            position = end if end >= 0 else len(line)
        if line[position : position + 1] != ",":
            break
        position += 1
    if line[position:].strip("\r\n"):
        raise csv.Error("',' expected after '\"'")
    return cells


def _problem(error: csv.Error) -> Problem:
    if "unexpected end of data" in str(error):
        return Problem(
            "a quote that begins here is never closed",
            f"close it; {_QUOTES}",
        )
    return Problem(str(error), _QUOTES)
