"""Tags: a field of records that people set by hand, without reading or encoding anything again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from likewise.collections.schema import OWN
from likewise.collections.store import store_errors
from likewise.collections.version_guard import VersionGuard
from likewise.errors import InputError
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table

_NAME = re.compile(r"[^\W\d][\w -]{0,62}")
_PART = 65_536
"""Rows written together."""


def write_tags(table: Table, column: str, values: Mapping[str, str | None]) -> int:
    """Set a column of text of some records; gives the number of chunks that were changed.

    The ids of records stay: they are made of what their source holds.

    Args:
        table: the collection's, at its latest version; the caller holds the lock.
        column: it is added where it does not exist.
        values: a value by the id of each record; None removes it.

    Raises:
        InputError: a column that is not made of text, or one that every collection has.
    """
    _check(table, column)
    arrow: Any = require("pyarrow", "store")
    guard = VersionGuard(table)
    with store_errors("cannot write the tags", "check the disk; then tag again"):
        if column not in table.schema.names:
            with guard.commit():
                table.add_columns(arrow.schema([arrow.field(column, arrow.string())]))
        rows = table.search().select(["id", "record"]).to_arrow()
        pairs = zip(rows["id"].to_pylist(), rows["record"].to_pylist(), strict=True)
        wanted = [(name, values[record]) for name, record in pairs if record in values]
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            update = {
                "id": arrow.array([name for name, _ in part], arrow.string()),
                column: arrow.array([value for _, value in part], arrow.string()),
            }
            with guard.commit():
                merge = table.merge_insert("id").when_matched_update_all()
                merge.execute(arrow.table(update))
    return len(wanted)


def _check(table: Table, column: str) -> None:
    if column in OWN or not _NAME.fullmatch(column):
        raise InputError(
            f"a tag cannot be called {column!r}",
            hint="choose a name of letters, digits, spaces, hyphens and underscores",
        )
    if column in table.schema.names:
        kind = str(table.schema.field(column).type)
        if kind != "string":
            raise InputError(
                f"the column {column!r} holds {kind}, not text", hint="choose another name"
            )
