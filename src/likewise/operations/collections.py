"""List, show, change and remove collections."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from likewise.collections.contract import Run, Summary
from likewise.collections.open_collection import open_collection
from likewise.collections.store import Store
from likewise.errors import CollectionError, DamagedCollectionError
from likewise.operations.collection import CollectionRequest, StoreAddress
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class CollectionsRequest:
    """Where to look for collections."""

    store: StoreAddress = None


@dataclass(frozen=True)
class UnreadableCollection:
    """A collection that cannot be read.

    Attributes:
        name: its name.
        state: `damaged` or `unreadable`.
        reason: why, as an error says it.
        hint: what to do about it.
    """

    name: str
    state: Literal["damaged", "unreadable"]
    reason: str
    hint: str


@dataclass(frozen=True)
class CollectionsResult:
    """The collections of a store.

    Attributes:
        store: address of the store.
        collections: those that can be read.
        unreadable: those that cannot.
    """

    store: str
    collections: tuple[Summary, ...]
    unreadable: tuple[UnreadableCollection, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `store`, `collections` (the fields of `Summary`), `unreadable` (each with `name`,
        `state`, `reason`, `hint`).
        """
        return asdict(self)


def collections(request: CollectionsRequest, session: Session) -> CollectionsResult:
    """List the collections of a store; one that is damaged does not hide the others.

    Raises:
        CollectionError: the store cannot be read.
    """
    store = Store(request.store or session.store)
    found: list[Summary] = []
    unreadable: list[UnreadableCollection] = []
    for name in store.names():
        try:
            found.append(open_collection(name, store=store).summary())
        except CollectionError as error:
            damaged = isinstance(error, DamagedCollectionError)
            state: Literal["damaged", "unreadable"] = "damaged" if damaged else "unreadable"
            unreadable.append(UnreadableCollection(name, state, error.message, error.hint))
    return CollectionsResult(store.address, tuple(found), tuple(unreadable))


@dataclass(frozen=True)
class ShowRequest(CollectionRequest):
    """The collection to show."""


@dataclass(frozen=True)
class ShowResult:
    """One collection in figures.

    Attributes:
        summary: its model, sizes, columns and index.
    """

    summary: Summary

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: the fields of `Summary`."""
        return asdict(self.summary)


def collections_show(request: ShowRequest, session: Session) -> ShowResult:
    """Show one collection: its model, sizes, columns and index.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    return ShowResult(session.reader(request.name, store=request.store).summary())


@dataclass(frozen=True)
class LogRequest(CollectionRequest):
    """The collection whose log is shown."""


@dataclass(frozen=True)
class LogResult:
    """The log of a collection.

    Attributes:
        collection: its name.
        runs: its changes, oldest first.
    """

    collection: str
    runs: tuple[Run, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `runs` (the fields of `Run`)."""
        return asdict(self)


def collections_log(request: LogRequest, session: Session) -> LogResult:
    """List the changes of a collection.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.collection(request.name, store=request.store)
    return LogResult(request.name, tuple(collection.log()))


@dataclass(frozen=True)
class ChangeRequest(CollectionRequest):
    """A collection to restore to an earlier state, or to compact."""


@dataclass(frozen=True)
class RestoreRequest(CollectionRequest):
    """A run of a collection's log to restore."""

    run: Annotated[int, Field("A number of the log.", positional=True, metavar="RUN")]


@dataclass(frozen=True)
class ChangeResult:
    """A change that was made to a collection.

    Attributes:
        collection: its name.
        run: the change, as the log records it.
    """

    collection: str
    run: Run

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `run` (the fields of `Run`)."""
        return asdict(self)


def collections_undo(request: ChangeRequest, session: Session) -> ChangeResult:
    """Restore the state before the last change.

    Raises:
        CollectionError: there is nothing to undo, or another process is writing the collection.
    """
    collection = session.collection(request.name, store=request.store)
    return ChangeResult(request.name, collection.undo())


def collections_redo(request: ChangeRequest, session: Session) -> ChangeResult:
    """Restore the state before the last undo.

    Raises:
        CollectionError: there is nothing to redo, or another process is writing the collection.
    """
    collection = session.collection(request.name, store=request.store)
    return ChangeResult(request.name, collection.redo())


def collections_restore(request: RestoreRequest, session: Session) -> ChangeResult:
    """Restore the state after a run of the log.

    Raises:
        CollectionError: there is no such run, its state was deleted, or another process is writing.
    """
    collection = session.collection(request.name, store=request.store)
    return ChangeResult(request.name, collection.restore(request.run))


def collections_compact(request: ChangeRequest, session: Session) -> ChangeResult:
    """Join small files and delete earlier states, which frees disk.

    Raises:
        CollectionError: another process is writing the collection.
    """
    collection = session.collection(request.name, store=request.store)
    return ChangeResult(request.name, collection.compact())


@dataclass(frozen=True)
class RemoveRequest(CollectionRequest):
    """The collection to remove."""


@dataclass(frozen=True)
class RemoveResult:
    """A collection that was removed.

    Attributes:
        collection: its name.
        chunks: how many chunks it had; None if it was damaged.
    """

    collection: str
    chunks: int | None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `chunks` (or null)."""
        return asdict(self)


def collections_rm(request: RemoveRequest, session: Session) -> RemoveResult:
    """Remove a collection with all its states, also one that is damaged.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: another process is writing it.
    """
    store = Store(request.store or session.store)
    try:
        chunks = len(open_collection(request.name, store=store))
    except DamagedCollectionError:
        chunks = None
    store.remove(request.name)
    return RemoveResult(request.name, chunks)
