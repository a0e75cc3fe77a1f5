"""Notes on the values of a field of a collection, such as on the names of clusters."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.collections.notes import Note, Notes
from likewise.errors import InputError
from likewise.operations.collection import CollectionRequest
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class NotedValue:
    """A value with a note of its own.

    Attributes:
        value: of the field.
        note: on it; empty removes the note.
    """

    value: str
    note: str = ""


@dataclass(frozen=True)
class NoteRequest(CollectionRequest):
    """Values of a field, and a note on them."""

    _: KW_ONLY
    values: Annotated[
        tuple[str | NotedValue, ...],
        Field("Values of the field.", positional=True, metavar="VALUE..."),
    ]
    note: Annotated[str, Field("The note; empty removes it.")] = ""
    column: Annotated[str, Field("Name of the field.")] = "topic"


@dataclass(frozen=True)
class NotesResult:
    """Notes of a collection.

    Attributes:
        collection: its name.
        notes: those that were written, or all, by field and value.
    """

    collection: str
    notes: tuple[Note, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `notes` (the fields of `Note`)."""
        return asdict(self)


def collections_note(request: NoteRequest, session: Session) -> NotesResult:
    """Write notes on values of a field, for everybody who opens the collection.

    Raises:
        InputError: no value, or a note that is too long.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the store refuses.
    """
    if not request.values:
        raise InputError("no value is named", hint="'likewise collections facets' lists them")
    notes: dict[str, str] = {}
    for given in request.values:
        each = NotedValue(given, request.note) if isinstance(given, str) else given
        notes[each.value] = each.note
    collection = session.collection(request.name, store=request.store)
    written = Notes(collection.store, request.name).write(request.column, notes)
    return NotesResult(request.name, tuple(written))


@dataclass(frozen=True)
class NotesRequest(CollectionRequest):
    """The collection whose notes are listed."""

    _: KW_ONLY
    column: Annotated[str | None, Field("Only notes on values of this field.")] = None


def collections_notes(request: NotesRequest, session: Session) -> NotesResult:
    """List the notes of a collection, by field and value.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: they cannot be read.
    """
    collection = session.collection(request.name, store=request.store)
    return NotesResult(
        request.name, tuple(Notes(collection.store, request.name).list(request.column))
    )
