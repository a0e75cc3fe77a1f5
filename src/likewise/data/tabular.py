"""Records and their results as table rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from likewise.data.records import Record


def records_table(
    records: Sequence[Record], found: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
    """One row per record: its text, its other columns, then the new columns.

    A new column whose name the records already use gets a trailing `_`; columns that a file does
    not have are None. With several files, `source` holds the file of each row.

    Args:
        records: n records.
        found: n values for each new column.
    """
    text = text_column(records)
    names = _column_names(records)
    has_several_sources = len({record.source for record in records}) > 1
    new = {free_name(records, name): values for name, values in found.items()}
    source_column = _free("source", names) if has_several_sources else None
    for index, record in enumerate(records):
        row = dict.fromkeys(names) | {text: record.text} | dict(record.fields)
        if source_column:
            row[source_column] = record.source
        yield row | {name: values[index] for name, values in new.items()}


def text_column(records: Sequence[Record]) -> str:
    """The name of the text column."""
    return next((record.column for record in records if record.column), "text")


def free_name(records: Sequence[Record], name: str) -> str:
    """A name for a new column: with a trailing `_` if the name is in use."""
    return _free(name, _column_names(records))


def _column_names(records: Sequence[Record]) -> Mapping[str, Any]:
    return dict.fromkeys([text_column(records), *(n for r in records for n in r.fields)])


def _free(name: str, used: Mapping[str, Any]) -> str:
    while name in used:
        name += "_"
    return name
