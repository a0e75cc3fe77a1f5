"""The values of a collection's columns with their counts, for filters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from likewise.collections import lance_query
from likewise.collections.lance_query import Question
from likewise.collections.schema import OWN
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table

FacetKind = Literal["values", "numbers", "texts"]

FEW_VALUES = 12
"""Different values up to which a column is always shown as a list of values."""

MAX_VALUES = 200
"""The same, for a column whose values repeat."""

BINS = 20
"""Intervals of the histogram of a column of numbers."""


@dataclass(frozen=True)
class FacetValue:
    """A value of a column.

    Attributes:
        value: the value.
        count: records that have it.
    """

    value: str | int | float | bool
    count: int


@dataclass(frozen=True)
class Facet:
    """A column in figures.

    Attributes:
        name: of the column.
        kind: `values` where values repeat, `numbers` where it has many different numbers, `texts`
            where it has many different texts.
        values: the most frequent values; of `values` only.
        distinct: number of different values.
        empty: records without a value.
        low: the least number; of `numbers` only.
        high: the greatest number; of `numbers` only.
        bins: records in each of the equal intervals from low to high; of `numbers` only.
    """

    name: str
    kind: FacetKind
    values: tuple[FacetValue, ...] = ()
    distinct: int = 0
    empty: int = 0
    low: float | None = None
    high: float | None = None
    bins: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All attributes."""
        return asdict(self)


def facets(table: Table, where: str | None, top: int) -> tuple[Facet, ...]:
    """The columns of the records in figures, `source` first where there are several.

    Args:
        table: of the collection.
        where: a checked condition, or None.
        top: values of each column at most, the most frequent first.
    """
    own = [name for name in table.schema.names if name not in OWN]
    first = "passage = 0"
    condition = f"{first} AND {where}" if where else first
    found = lance_query.answer(table, Question(["source", *own], where=condition))
    every = [_facet(name, found[name], top) for name in ("source", *own)]
    return tuple(facet for facet in every if facet.name != "source" or facet.distinct > 1)


def _facet(name: str, column: Any, top: int) -> Facet:
    compute: Any = require("pyarrow.compute", "store")
    present = column.drop_null()
    if str(column.type) == "string":
        present = present.filter(compute.not_equal(present, ""))
    distinct, empty = compute.count_distinct(present).as_py(), len(column) - len(present)
    if distinct <= FEW_VALUES or (distinct <= MAX_VALUES and 2 * distinct <= len(present)):
        return Facet(name, "values", _values(present, top), distinct, empty)
    if str(column.type) in {"int64", "double"}:
        numbers = present.to_numpy().astype(np.float64)
        bins, edges = np.histogram(numbers[np.isfinite(numbers)], BINS)
        low, high = float(edges[0]), float(edges[-1])
        return Facet(name, "numbers", (), distinct, empty, low, high, tuple(bins.tolist()))
    return Facet(name, "texts", (), distinct, empty)


def _values(present: Any, top: int) -> tuple[FacetValue, ...]:
    counted = [
        FacetValue(each["values"].as_py(), each["counts"].as_py())
        for each in present.value_counts()
    ]
    return tuple(sorted(counted, key=lambda each: (-each.count, str(each.value)))[:top])
