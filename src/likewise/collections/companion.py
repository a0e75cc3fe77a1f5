"""Rows that belong to a collection, in a table beside its own: they outlive undo and compaction.

Two processes that write at once wait for each other, and neither loses a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from likewise.collections.store import CompanionKind, Store, store_errors
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table

WAIT_SECONDS = 10.0
"""How long a writer waits for another one."""


class CompanionRows:
    """Rows with an `id`, in a companion table of a collection.

    Args:
        store: where the collection is stored.
        name: the collection's.
        kind: which of its companion tables.
        columns: names and Arrow types of the columns; one of them is `id`.
    """

    def __init__(
        self, store: Store, name: str, kind: CompanionKind, columns: Mapping[str, str]
    ) -> None:
        self._store, self._name, self._kind, self._columns = store, name, kind, columns

    def put(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows; each replaces the row of the same id.

        Raises:
            CollectionError: the store refuses.
        """
        arrow: Any = require("pyarrow", "store")
        with self._store.writing(self._name, self._kind, seconds=WAIT_SECONDS):
            table = self._store.companion(self._name, self._kind, schema=self._schema)
            assert table is not None
            with store_errors(f"cannot store {self._kind} of {self._name!r}"):
                merge = table.merge_insert("id").when_matched_update_all()
                made = arrow.Table.from_pylist(list(rows), schema=self._schema())
                merge.when_not_matched_insert_all().execute(made)

    def all(self) -> list[dict[str, Any]]:
        """Every row, in no order.

        Raises:
            CollectionError: the table cannot be read.
        """
        table = self._table()
        if table is None:
            return []
        with self._store.reading(self._name):
            rows: list[dict[str, Any]] = (
                table.search().to_arrow().select(list(self._columns)).to_pylist()
            )
        return rows

    def remove(self, ids: Collection[str]) -> None:
        """Remove the rows of these ids, which the caller has checked.

        Raises:
            CollectionError: the store refuses.
        """
        table = self._table()
        if table is None or not ids:
            return
        listed = ", ".join(f"'{each}'" for each in ids)
        with (
            self._store.writing(self._name, self._kind, seconds=WAIT_SECONDS),
            store_errors(f"cannot remove {self._kind} of {self._name!r}"),
        ):
            cast(Any, table).checkout_latest()
            table.delete(f"id IN ({listed})")

    def _table(self) -> Table | None:
        return self._store.companion(self._name, self._kind)

    def _schema(self) -> Any:
        arrow: Any = require("pyarrow", "store")
        kinds = self._columns.items()
        return arrow.schema([arrow.field(name, arrow.type_for_alias(kind)) for name, kind in kinds])
