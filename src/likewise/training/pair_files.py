"""Files of pairs, as mining and distillation from a cross-encoder read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from likewise.errors import InputError, RecordError
from likewise.training.candidate_sources import PositivePair
from likewise.training.columns import find_layout
from likewise.training.mining import join_pairs
from likewise.training.sources import read_raw_rows


def read_pairs(
    paths: Sequence[str | Path], columns: Mapping[str, str] | None = None
) -> list[PositivePair]:
    """Queries with their positives, and negatives where the rows have some; one row a query.

    Args:
        paths: tables of pairs or triplets, as `likewise train` reads them.
        columns: columns by role, where they are not found by name.

    Raises:
        RecordError: a file cannot be read, or a row lacks a column.
        InputError: a file has no pairs.
    """
    return join_pairs(pair for path in paths for pair in _read(Path(path), columns))


def _read(path: Path, columns: Mapping[str, str] | None) -> list[PositivePair]:
    rows: list[Any] = list(read_raw_rows(path))
    if not rows:
        raise RecordError(f"{path} has no rows", hint="it needs at least one pair")
    layout = find_layout(rows[0], str(path), columns)
    if layout.form != "pairs" or layout.positive is None:
        raise InputError(
            f"{path} has {layout}, and no pairs",
            hint="give a table with a query and a text that answers it",
        )
    found = []
    for number, row in enumerate(rows, 1):
        try:
            query, positive = row[layout.anchor], row[layout.positive]
            negatives = [row[name] for name in layout.negatives]
        except (KeyError, IndexError, TypeError) as error:
            raise RecordError(
                f"row {number} of {path} lacks the column {error}",
                hint="every row needs the columns of the first one",
            ) from error
        pair = PositivePair(str(query or ""), _texts(positive), _texts(negatives))
        if pair.query.strip() and pair.pos:
            found.append(pair)
    if not found:
        raise InputError(f"every row of {path} lacks a text", hint="fill in query and positive")
    return found


def _texts(value: object) -> tuple[str, ...]:
    """The texts of a cell, which may be a list."""
    if isinstance(value, list | tuple):
        return tuple(text for item in value for text in _texts(item))
    return (value,) if isinstance(value, str) and value.strip() else ()
