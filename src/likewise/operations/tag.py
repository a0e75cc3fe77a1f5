"""Tag records of a collection."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.errors import InputError
from likewise.operations.collection import CollectionRequest
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class TaggedRecord:
    """A record with a value of its own.

    Attributes:
        id: of the record, or of a chunk of it.
        value: of the tag; empty removes it.
    """

    id: str
    value: str = ""


@dataclass(frozen=True)
class TagRequest(CollectionRequest):
    """Records, and the value that they get."""

    _: KW_ONLY
    records: Annotated[
        tuple[str | TaggedRecord, ...],
        Field(
            "Ids of records or chunks, as a search gives them.", positional=True, metavar="ID..."
        ),
    ]
    value: Annotated[str, Field("The value; empty removes the tag of these records.")] = ""
    column: Annotated[str, Field("Name of the field that holds it; a new one is added.")] = "tag"


@dataclass(frozen=True)
class TagResult:
    """What tagging changed.

    Attributes:
        collection: name of the collection.
        column: the field.
        changed: how many chunks were written.
    """

    collection: str
    column: str
    changed: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `column`, `changed`."""
        return asdict(self)


def collections_tag(request: TagRequest, session: Session) -> TagResult:
    """Set a field of records, without reading or encoding anything again.

    The field can be filtered by, and colors the map. An undo reverts it; indexing the same files
    again keeps it.

    Raises:
        InputError: no record, or a column that cannot be one of tags.
        CollectionNotFoundError: no collection has this name.
        CollectionError: it is being written.
    """
    if not request.records:
        raise InputError("no record is named", hint="a search shows the id of each hit")
    values: dict[str, str | None] = {}
    for given in request.records:
        each = TaggedRecord(given, request.value) if isinstance(given, str) else given
        values[each.id.partition(".")[0]] = each.value.strip() or None
    collection = session.collection(request.name, store=request.store)
    return TagResult(request.name, request.column, collection.tag(request.column, values))
