"""Data to standard output, notes to standard error."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

import typer


def note(line: str) -> None:
    """A line for the person, not part of the data."""
    typer.echo(line, err=True)


def say(line: str) -> None:
    """A line of data."""
    typer.echo(line)


def say_json(value: Any) -> None:
    """The data as JSON."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def say_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: drawn on a terminal, plain aligned columns elsewhere."""
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(header, cells)
        return
    widths = [max(map(_width, column)) for column in zip(header, *cells, strict=True)]
    for row in (header, *cells):
        padded = [c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)]
        say("  ".join(padded).rstrip())


def _draw(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _width(text: str) -> int:
    """Columns a text takes on screen: Chinese characters take two, accents none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
