"""Columns of a row, including nested ones: `body.text` of `{"body": {"text": …}}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from likewise.errors import InputError

TEXT_COLUMNS = ("text", "sentence", "content", "title", "question", "body", "abstract", "document")
"""Usual names of a text column, most likely first."""

_MAX_DEPTH = 8
"""Nesting depth searched for a text column."""


def choose_column(row: Mapping[str, Any], column: str | None, source: str) -> str:
    """The text column, chosen from the first row of a file.

    Args:
        row: the first row.
        column: the requested column; nested columns are written with dots.
        source: the file name for messages.

    Raises:
        InputError: the requested column does not exist, or no column holds text.
    """
    nested = dict(flatten_columns(row))
    listed = "its columns: " + ", ".join(nested)
    if column is not None:
        if column not in row and column.split(".")[0] not in row:
            raise InputError(f"{source} has no column {column!r}", hint=listed)
        return column
    if found := _likely(row) or _likely({name: value for name, value in nested.items() if value}):
        return found
    raise InputError(f"{source} has no text column", hint=f"choose one with column; {listed}")


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


def column_value(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; None if there is none."""
    if column in row or "." not in column:
        return row.get(column)
    first, _, rest = column.partition(".")
    inner = row.get(first)
    if isinstance(inner, list) and rest.partition(".")[0].isdecimal():
        inner = dict(zip(map(str, range(len(inner))), inner, strict=True))
    return column_value(inner, rest) if isinstance(inner, Mapping) else None


def without_column(row: Mapping[str, Any], column: str) -> dict[str, Any]:
    """The row without a column; an object that becomes empty is removed too."""
    if column in row or "." not in column:
        return {name: value for name, value in row.items() if name != column}
    first, _, rest = column.partition(".")
    left = dict(row)
    if isinstance(inner := row.get(first), Mapping):
        left[first] = without_column(inner, rest)
        if not left[first]:
            del left[first]
    return left


def flatten_columns(
    row: Mapping[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, Any]]:
    """Columns with their values, those of objects inside by `outer.inner`."""
    for name, value in row.items():
        if isinstance(value, Mapping) and value and depth < _MAX_DEPTH:
            yield from flatten_columns(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
