"""One writer at a time, where nothing locks: a collection on an object store.

The store lets two writers add rows at the same time, and both would add the same texts. So a writer
checks before each of its commits that the collection is still at the version of its last commit,
and stops where it is not: the first to commit continues, the other one gets an error. Two commits
at the same moment are detected afterwards; the next run drops the duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from likewise.collections.store import written_by_another

if TYPE_CHECKING:
    from lancedb.table import Table

_LISTED = 10_000
"""Rows named in one condition."""


class VersionGuard:
    """Sees whether anyone else writes a table between one's own commits.

    Args:
        table: at its latest version, which is where the writer begins.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._version = table.version

    def check(self) -> None:
        """Check that nothing was committed since.

        Raises:
            CollectionError: someone has.
        """
        cast(Any, self._table).checkout_latest()
        self._expect(self._version)

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Make one commit, as the only one.

        Raises:
            CollectionError: someone else has committed something before it, or just then.
        """
        self.check()
        yield
        self._expect(self._version + 1)
        self._version += 1

    def _expect(self, version: int) -> None:
        if self._table.version != version:
            raise written_by_another(self._table.name)


def drop_duplicate_rows(table: Table) -> None:
    """Drop the later ones of rows with the same id."""
    rows = table.search().select(["id"]).with_row_id(True).to_arrow()
    _, first = np.unique(np.asarray(rows["id"].to_pylist()), return_index=True)
    row_ids = np.delete(rows["_rowid"].to_numpy(), first).tolist()
    for start in range(0, len(row_ids), _LISTED):
        listed = ", ".join(map(str, row_ids[start : start + _LISTED]))
        table.delete(f"_rowid IN ({listed})")
