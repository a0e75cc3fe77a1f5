"""Read one record of a collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from likewise.collections.contract import Hit
from likewise.operations.collection import AsOf, CollectionRequest
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class RecordRequest(CollectionRequest):
    """A record of a collection."""

    id: Annotated[
        str, Field("Id of the record, or of one of its chunks.", positional=True, metavar="ID")
    ]
    as_of: AsOf = None


@dataclass(frozen=True)
class RecordResult:
    """A record.

    Attributes:
        collection: name of the collection.
        record: its id.
        chunks: all its chunks, in order; neighbors may overlap.
    """

    collection: str
    record: str
    chunks: tuple[Hit, ...]

    @property
    def first(self) -> Hit:
        """Its first chunk, which has its title, source and fields."""
        return self.chunks[0]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The other columns of its row."""
        return self.first.fields

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, `id`, `title`, `source`, `line`, `fields`, `chunks` (each with `id`
        and `text`).
        """
        return {
            "collection": self.collection,
            "id": self.record,
            "title": self.first.title,
            "source": self.first.source,
            "line": self.first.line,
            "fields": dict(self.fields),
            "chunks": [{"id": chunk.id, "text": chunk.text} for chunk in self.chunks],
        }


def collections_get(request: RecordRequest, session: Session) -> RecordResult:
    """Read a record of a collection: its text in chunks, its source and its fields.

    Raises:
        RecordNotFoundError: the collection has no such record.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    record = request.id.partition(".")[0]
    found = collection.get([record])
    if (count := found[0].chunks) > 1:
        found = collection.get([f"{record}.{number}" for number in range(count)])
    return RecordResult(request.name, record, tuple(found))
