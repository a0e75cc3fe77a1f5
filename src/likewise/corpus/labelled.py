"""Records with what was found out about them, as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from likewise.corpus.records import Record


def labelled(records: Sequence[Record], found: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """One row a record: its text, its other columns, then what was found.

    A column that was found and whose name the records use already gets a `_` behind it; a file that
    lacks a column of another has None there. Where there are several files, `source` names each
    row's.

    Args:
        records: n records.
        found: n values for each new column.
    """
    text = next((record.column for record in records if record.column), "text")
    names = dict.fromkeys([text, *(name for record in records for name in record.fields)])
    several = len({record.source for record in records}) > 1
    new = {_free(name, names): values for name, values in found.items()}
    where = _free("source", names) if several else None
    rows = []
    for place, record in enumerate(records):
        row = dict.fromkeys(names) | {text: record.text} | dict(record.fields)
        if where:
            row[where] = record.source
        rows.append(row | {name: values[place] for name, values in new.items()})
    return rows


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name
