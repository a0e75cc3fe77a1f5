"""Notes on the values of a field, such as on the names of clusters.

They are a table beside the collection's own, so they outlive undo, compaction and a change of the
model, and are removed with the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from likewise.collections.companion import CompanionRows
from likewise.collections.store import Store
from likewise.errors import InputError

CHARACTERS = 10_000
"""Length of a note."""


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        id: of the note; a later one on the same value replaces it.
        column: name of the field.
        value: the value that the note is on, as text.
        note: the note.
        time: when it was written, ISO 8601 in UTC.
    """

    id: str
    column: str
    value: str
    note: str
    time: str


class Notes:
    """The notes of one collection.

    Args:
        store: where it is stored.
        name: the collection's.
    """

    def __init__(self, store: Store, name: str) -> None:
        columns = dict.fromkeys(("id", "column", "value", "note", "time"), "string")
        self._rows = CompanionRows(store, name, "notes", columns)

    def write(self, column: str, notes: Mapping[str, str]) -> list[Note]:
        """Write notes on values of a field.

        Args:
            column: name of the field.
            notes: a note by its value; an empty one removes it.

        Raises:
            InputError: no field, no value, or a note that is too long.
            CollectionError: the store refuses.
        """
        if not column.strip() or not all(value.strip() for value in notes):
            raise InputError("a note needs a field and a value", hint="name both")
        if any(len(note) > CHARACTERS for note in notes.values()):
            raise InputError(
                f"a note has more than {CHARACTERS:,} characters", hint="write a shorter one"
            )
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = [Note(_id(column, v), column, v, note.strip(), now) for v, note in notes.items()]
        written = [each for each in made if each.note]
        if written:
            self._rows.put(map(asdict, written))
        self._rows.remove([each.id for each in made if not each.note])
        return written

    def list(self, column: str | None = None) -> list[Note]:
        """The notes, by field and value.

        Args:
            column: only those on values of this field.

        Raises:
            CollectionError: they cannot be read.
        """
        found = [Note(**row) for row in self._rows.all()]
        chosen = [each for each in found if column is None or each.column == column]
        return sorted(chosen, key=lambda each: (each.column, each.value))


def _id(column: str, value: str) -> str:
    return hashlib.blake2b(f"{column}\0{value}".encode(), digest_size=8).hexdigest()
