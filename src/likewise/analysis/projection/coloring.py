"""What the points of a map are colored by: their clusters, or a column of the data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.data.records import Record
from likewise.errors import InputError

MAX_COLORS = 40
"""Values of a column that get their own color; the rarer ones share one."""

STEPS = 256
"""Shades between the least and the greatest number of a column."""


@dataclass(frozen=True)
class Coloring:
    """A color for each point.

    Attributes:
        title: what it shows: the column's name, or `cluster`.
        names: of the groups, the largest first; empty for a column of numbers.
        groups: uint16 `[n]`, number of each point's group; for numbers a step between 0 and 255.
            A number past the last group means none.
        low: least number, where it is a column of numbers.
        high: greatest number.
        by_column: whether it shows a column of the data.
    """

    title: str
    names: tuple[str, ...]
    groups: NDArray[np.uint16]
    low: float | None = None
    high: float | None = None
    by_column: bool = True


def by_cluster(labels: NDArray[Any], names: Sequence[str]) -> Coloring:
    """One color per cluster; -1 has none."""
    groups = np.where(labels < 0, len(names), labels).astype(np.uint16)
    return Coloring("cluster", tuple(names), groups, by_column=False)


def by_column(records: Sequence[Record], column: str) -> Coloring:
    """One color per value, or shades where every value is a number and there are many of them.

    Raises:
        InputError: no record has such a column.
    """
    known = dict.fromkeys(name for record in records for name in record.fields)
    if column not in known:
        listed = ", ".join(known) or "none but the texts"
        raise InputError(f"there is no column {column!r}", hint=f"other columns: {listed}")
    values = [record.fields.get(column) for record in records]
    numbers = [_number(value) for value in values]
    distinct = {str(value) for value in values if value not in (None, "")}
    there = [number for number in numbers if number is not None]
    if (
        len(there) == sum(value not in (None, "") for value in values)
        and len(distinct) > MAX_COLORS
    ):
        return shades(column, numbers, min(there), max(there))
    return _values(column, values)


def _values(column: str, values: Sequence[Any]) -> Coloring:
    words = ["" if value is None else str(value) for value in values]
    common = Counter(word for word in words if word).most_common(MAX_COLORS)
    place: Mapping[str, int] = {word: number for number, (word, _) in enumerate(common)}
    groups = np.fromiter((place.get(word, len(place)) for word in words), np.uint16, len(words))
    return Coloring(column, tuple(place), groups)


def shades(column: str, numbers: Sequence[float | None], low: float, high: float) -> Coloring:
    """Shades for numbers between two bounds; None has no color."""
    span = (high - low) or 1.0
    groups = np.fromiter(
        (STEPS if n is None else round((n - low) / span * (STEPS - 1)) for n in numbers),
        np.uint16,
        len(numbers),
    )
    return Coloring(column, (), groups, low, high)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
