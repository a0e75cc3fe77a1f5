"""Create a collection, and add or remove records whose texts come with the request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, asdict, dataclass, field
from typing import Annotated, Any

from likewise.collections.contract import Indexed, Storage
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.data.records import Record
from likewise.errors import CollectionError, InputError
from likewise.operations.collection import CollectionRequest, StoreAddress
from likewise.operations.collections import ShowResult
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.index import IndexKind, Recall
from likewise.operations.messages import report_cut
from likewise.operations.session import Session


@dataclass(frozen=True, kw_only=True)
class CreateRequest(ModelRequest):
    """A collection to create."""

    name: Annotated[str, Field("The collection.", positional=True, metavar="NAME")]
    storage: Annotated[Storage | None, Field("Number format of the stored vectors (float32).")] = (
        None
    )
    chunk_tokens: Annotated[
        int | None,
        Field("Tokens of a chunk of long texts (128); 0 does not split texts.", minimum=0),
    ] = None
    store: StoreAddress = None


def collections_create(request: CreateRequest, session: Session) -> ShowResult:
    """Create an empty collection.

    Raises:
        CollectionError: there is one of this name.
        InputError: a bad name, or a setting that the model does not allow.
        CheckpointError: the model cannot be used.
    """
    store = Store(request.store or session.store)
    if request.name in store.names():
        raise CollectionError(
            f"there is a collection {request.name!r}", hint="choose another name, or remove it"
        )
    made = open_collection(
        request.name, store=store, model=session.encoder(request), create=True,
        storage=request.storage, chunk_tokens=request.chunk_tokens,
    )  # fmt: skip
    made.add(())  # its first run: one without runs is taken for unfinished
    return ShowResult(made.summary())


@dataclass(frozen=True)
class TextRecord:
    """A text with its fields.

    Attributes:
        text: the text.
        title: its title.
        fields: other values, by the name of their column.
    """

    text: str
    title: str = ""
    fields: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class AddRequest(CollectionRequest):
    """Records for a collection."""

    _: KW_ONLY
    records: Annotated[
        tuple[str | TextRecord, ...],
        Field("Texts, or texts with a title and fields.", positional=True, metavar="TEXT..."),
    ]
    source: Annotated[str, Field("Name of what the records are taken from.")] = ""
    sync: Annotated[
        bool,
        Field("These are all records of the source: remove its others from the collection."),
    ] = False
    kind: IndexKind = None
    recall: Recall = None


@dataclass(frozen=True)
class AddResult:
    """What adding records changed.

    Attributes:
        collection: name of the collection.
        indexed: what became of the records.
    """

    collection: str
    indexed: Indexed

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection` and the fields of `Indexed`."""
        return {"collection": self.collection, **asdict(self.indexed)}


def collections_add(request: AddRequest, session: Session) -> AddResult:
    """Add records to a collection; only what is new is encoded.

    With `sync`, the source is brought to exactly these records.

    Raises:
        InputError: `sync` without a source.
        CollectionNotFoundError: no collection has this name.
        CollectionError: it is being written, or the disk refuses.
        FingerprintError: its model has changed.
    """
    if request.sync and not request.source:
        raise InputError("sync needs a source", hint="name what these are all records of")
    collection = session.collection(request.name, store=request.store)
    with session.progress(len(request.records), title="indexing", unit="records") as progress:
        indexed = collection.add(
            _records(request),
            is_complete=lambda source: request.sync and source == request.source,
            kind=request.kind, target=request.recall, progress=progress,
        )  # fmt: skip
    if indexed.cut:
        encoder = session.models.get(collection.manifest.model, collection.manifest.compute)
        report_cut(session, encoder, indexed.cut, indexed.added)
    return AddResult(request.name, indexed)


def _records(request: AddRequest) -> Iterator[Record]:
    for line, given in enumerate(request.records, 1):
        each = TextRecord(given) if isinstance(given, str) else given
        yield Record(each.text, each.fields, source=request.source, line=line, title=each.title)


@dataclass(frozen=True)
class DeleteRequest(CollectionRequest):
    """Records to delete."""

    _: KW_ONLY
    ids: Annotated[
        tuple[str, ...],
        Field(
            "Ids of chunks or records, as a search gives them.", positional=True, metavar="ID..."
        ),
    ]


@dataclass(frozen=True)
class DeleteResult:
    """Records that were deleted.

    Attributes:
        collection: name of the collection.
        removed: how many chunks went.
    """

    collection: str
    removed: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `removed`."""
        return asdict(self)


def collections_delete(request: DeleteRequest, session: Session) -> DeleteResult:
    """Delete the records that these ids belong to, with all their chunks.

    Raises:
        RecordNotFoundError: there is no such id.
        CollectionNotFoundError: no collection has this name.
        CollectionError: it is being written.
    """
    if not request.ids:
        return DeleteResult(request.name, 0)
    collection = session.collection(request.name, store=request.store)
    return DeleteResult(request.name, collection.remove(request.ids))
