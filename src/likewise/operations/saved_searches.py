"""Save searches with a collection, list them, and remove them."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.collections.contract import Mode
from likewise.collections.saved_searches import SavedSearch
from likewise.operations.collection import CollectionRequest, RemovedResult, Where
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class SaveSearchRequest(CollectionRequest):
    """A search to save."""

    query: Annotated[
        str, Field("What to look for; empty with --where.", positional=True, metavar="QUERY")
    ]
    _: KW_ONLY
    title: Annotated[str, Field("What people call it; one of the same title is replaced.")] = ""
    mode: Annotated[Mode, Field("By meaning (semantic), by words (keyword) or both (hybrid).")] = (
        "semantic"
    )
    fold_duplicates: Annotated[
        bool, Field("Show near-duplicates as one result.", flag="--fold-duplicates")
    ] = False
    where: Where = None
    view: Annotated[
        str, Field("How the page that saves it shows it: the query of its address.")
    ] = ""


@dataclass(frozen=True)
class SavedSearchesResult:
    """Saved searches of a collection.

    Attributes:
        collection: its name.
        searches: the one that was saved, or all, newest first.
    """

    collection: str
    searches: tuple[SavedSearch, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `searches` (the fields of `SavedSearch`)."""
        return asdict(self)


def collections_save(request: SaveSearchRequest, session: Session) -> SavedSearchesResult:
    """Save a search with a collection, for everybody who opens it.

    Raises:
        InputError: neither a query nor a condition, or a bad condition.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the store refuses.
    """
    collection = session.collection(request.name, store=request.store)
    if request.where:
        collection.count(request.where)  # a bad condition is an error now, not when it is opened
    saved = collection.saved_searches.save(
        request.title, request.query, mode=request.mode, where=request.where,
        fold_duplicates=request.fold_duplicates, view=request.view,
    )  # fmt: skip
    return SavedSearchesResult(request.name, (saved,))


@dataclass(frozen=True)
class SavedSearchesRequest(CollectionRequest):
    """The collection whose saved searches are listed."""


def collections_saved(request: SavedSearchesRequest, session: Session) -> SavedSearchesResult:
    """List the saved searches of a collection, newest first.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: they cannot be read.
    """
    collection = session.collection(request.name, store=request.store)
    return SavedSearchesResult(request.name, tuple(collection.saved_searches.list()))


@dataclass(frozen=True)
class ForgetSearchRequest(CollectionRequest):
    """Saved searches to remove."""

    _: KW_ONLY
    ids: Annotated[
        tuple[str, ...],
        Field("Ids or titles of saved searches.", positional=True, metavar="ID..."),
    ]


def collections_forget(request: ForgetSearchRequest, session: Session) -> RemovedResult:
    """Remove saved searches; the records stay.

    Raises:
        InputError: there is no such search.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the store refuses.
    """
    collection = session.collection(request.name, store=request.store)
    return RemovedResult(request.name, collection.saved_searches.remove(request.ids))
