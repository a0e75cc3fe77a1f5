"""Which objects a collection has read, and in which version, so that they are not read again.

What is stored is true of one version of the collection's table: after any change that indexing did
not make, such as an undo or a removal, all objects are read again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from likewise.collections.companion import CompanionRows
from likewise.collections.contract import Run
from likewise.collections.store import Store
from likewise.data.readers import object_address
from likewise.data.readers.object_store import object_version
from likewise.errors import CollectionNotFoundError, RecordError

_COLUMNS = {
    "id": "string",
    "source": "string",
    "content": "string",
    "settings": "string",
    "records": "int64",
    "table": "int64",
}


class ReadObjects:
    """The objects that a collection was made from, as they were when they were read.

    Args:
        store: where the collection is stored.
        name: the collection's; it need not exist yet.
        settings: how the objects are read now; what was read in another way is read again.

    Attributes:
        unchanged: number of records by the address of each object that was not read again.
    """

    def __init__(self, store: Store, name: str, settings: Mapping[str, Any]) -> None:
        self._rows = CompanionRows(store, name, "objects", _COLUMNS)
        parts = [_release(), *sorted(settings.items())]
        self._settings = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
        self._content: dict[str, str] = {}
        self.unchanged: dict[str, int] = {}
        try:
            self._table = store.open(name).version
        except CollectionNotFoundError:
            self._table = 0
        rows = self._rows.all() if self._table else []
        self._known = {row["source"]: row for row in rows if row["table"] == self._table}

    def is_changed(self, source: str) -> bool:
        """Whether a file or an object has to be read; true of all files."""
        address = object_address(source)
        if address is None:
            return True
        try:
            content = object_version(address)
        except RecordError:
            return True  # reading says what is wrong
        self._content[source] = content
        known = self._known.get(source)
        if known is None or (known["content"], known["settings"]) != (content, self._settings):
            return True
        self.unchanged[source] = known["records"]
        return False

    def save(
        self, runs: Sequence[Run], read: Mapping[str, int], is_whole: Callable[[str], bool]
    ) -> None:
        """Store what was read, after the run that has read it.

        Args:
            runs: the log of the collection.
            read: number of records by the source that gave some.
            is_whole: whether all records of a source were read, or none of it is left; it has to
                be false of objects that were not read again.

        Raises:
            CollectionError: the store refuses.
        """
        now = runs[-1].version if runs else 0
        before = self._known
        if self._table not in [run.version for run in runs[-2:]]:
            before = {}  # another run came in between, and may have changed what they gave
        rows = {
            source: row | {"table": now}
            for source, row in before.items()
            if source in self.unchanged or not (source in self._content or is_whole(source))
        }
        rows |= {
            source: {
                "id": _id(source), "source": source, "content": content,
                "settings": self._settings, "records": read.get(source, 0), "table": now,
            }
            for source, content in self._content.items()
            if source not in self.unchanged and is_whole(source)
        }  # fmt: skip
        if rows and rows != self._known:
            self._rows.put(rows.values())
        self._rows.remove([row["id"] for name, row in self._known.items() if name not in rows])


def _release() -> str:
    """The version of Likewise, since another one may read files in another way."""
    try:
        return importlib.metadata.version("likewise")
    except importlib.metadata.PackageNotFoundError:  # a source checkout
        return ""


def _id(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:32]
