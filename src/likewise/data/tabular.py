"""Records with what was found out about them, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from likewise.data.records import Record


def records_table(
    records: Sequence[Record], found: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """One row a record: its text, its other columns, then what was found.

    A column that was found and whose name the records use already gets a `_` behind it; a file that
    lacks a column of another has None there. Where there are several files, `source` names each
    row's.

    Args:
        records: n records.
        found: n values for each new column.
    """
    text = text_column(records)
    names = _own(records)
    several = len({record.source for record in records}) > 1
    new = {free_name(records, name): values for name, values in found.items()}
    where = _free("source", names) if several else None
    for place, record in enumerate(records):
        row = dict.fromkeys(names) | {text: record.text} | dict(record.fields)
        if where:
            row[where] = record.source
        yield row | {name: values[place] for name, values in new.items()}


def text_column(records: Sequence[Record]) -> str:
    """The column that texts stand in."""
    return next((record.column for record in records if record.column), "text")


def free_name(records: Sequence[Record], name: str) -> str:
    """The name that a column gets which was found: with `_` behind it where it is taken."""
    return _free(name, _own(records))


def _own(records: Sequence[Record]) -> Mapping[str, Any]:
    return dict.fromkeys([text_column(records), *(n for r in records for n in r.fields)])


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name
