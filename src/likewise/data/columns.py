"""Columns of a row, those inside others included: `body.text` of `{"body": {"text": …}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from likewise.errors import InputError

TEXT_COLUMNS = ("text", "sentence", "content", "title", "question", "body", "abstract", "document")
"""Names that a column of texts goes by, the likeliest first."""

_DEEPEST = 8
"""Levels of objects inside objects that are looked into for a column that nobody named."""


def choose_column(row: Mapping[str, Any], column: str | None, source: str) -> str:
    """The column of texts, judged by a file's first row.

    Args:
        row: the first row.
        column: the one asked for; inside another one with a dot between.
        source: the file, for messages.

    Raises:
        InputError: the one asked for is not there, or none holds text.
    """
    inside = dict(_inside(row))
    listed = "its columns: " + ", ".join(inside)
    if column is not None:
        if column not in row and column.split(".")[0] not in row:
            raise InputError(f"{source} has no column {column!r}", hint=listed)
        return column
    if found := _likely(row) or _likely({name: cell for name, cell in inside.items() if cell}):
        return found
    raise InputError(
        f"{source} has no column that holds text", hint=f"name one with column; {listed}"
    )


def _likely(row: Mapping[str, Any]) -> str | None:
    lowered: dict[str, str] = {}
    for name in row:
        lowered.setdefault(name.strip().lower().rpartition(".")[2], name)
        lowered[name.strip().lower()] = name
    for likely in TEXT_COLUMNS:
        if likely in lowered and isinstance(row[lowered[likely]], str | None):
            return lowered[likely]
    for name, value in row.items():
        if isinstance(value, str) and not _is_number(value):
            return name
    return None


def cell(row: Mapping[str, Any], column: str) -> Any:
    """What stands in a column; None where there is nothing."""
    if column in row or "." not in column:
        return row.get(column)
    first, _, rest = column.partition(".")
    inner = row.get(first)
    if isinstance(inner, list) and rest.partition(".")[0].isdecimal():
        inner = dict(zip(map(str, range(len(inner))), inner, strict=True))
    return cell(inner, rest) if isinstance(inner, Mapping) else None


def others(row: Mapping[str, Any], column: str) -> dict[str, Any]:
    """The row without a column; an object that held it, without it and only if more is in it."""
    if column in row or "." not in column:
        return {name: value for name, value in row.items() if name != column}
    first, _, rest = column.partition(".")
    left = dict(row)
    if isinstance(inner := row.get(first), Mapping):
        left[first] = others(inner, rest)
        if not left[first]:
            del left[first]
    return left


def _inside(row: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from _inside(value, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}", value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
