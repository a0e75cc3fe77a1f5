"""List records of a collection, and the values of its columns."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any

from likewise.collections.contract import Hit
from likewise.collections.facets import Facet
from likewise.operations.collection import AsOf, CollectionRequest, Where, hits_to_list
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class BrowseRequest(CollectionRequest):
    """A collection whose records are listed."""

    _: KW_ONLY
    where: Where = None
    offset: Annotated[int, Field("Records to leave out at the beginning.", minimum=0)] = 0
    limit: Annotated[int, Field("How many records.", minimum=1, maximum=10_000)] = 20
    as_of: AsOf = None


@dataclass(frozen=True)
class BrowseResult:
    """Records of a collection.

    Attributes:
        collection: its name.
        hits: the first chunk of each record.
        total: records that meet the condition.
    """

    collection: str
    hits: tuple[Hit, ...]
    total: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `hits` (see `Hit.to_dict`), `total`."""
        return {
            "collection": self.collection,
            "hits": hits_to_list(self.hits),
            "total": self.total,
        }


def collections_browse(request: BrowseRequest, session: Session) -> BrowseResult:
    """List records of a collection, in the order of the store.

    Raises:
        InputError: a bad condition.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    hits = collection.browse(request.offset, request.limit, where=request.where)
    return BrowseResult(request.name, tuple(hits), collection.count(request.where))


@dataclass(frozen=True)
class FacetsRequest(CollectionRequest):
    """A collection whose columns are shown."""

    _: KW_ONLY
    where: Where = None
    top: Annotated[int, Field("Values of each column.", minimum=1, maximum=200)] = 12
    as_of: AsOf = None


@dataclass(frozen=True)
class FacetsResult:
    """The columns of a collection in figures.

    Attributes:
        collection: its name.
        total: records that meet the condition.
        facets: one for each column, `source` first where there are several.
    """

    collection: str
    total: int
    facets: tuple[Facet, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `total`, `facets` (the fields of `Facet`)."""
        return {
            "collection": self.collection,
            "total": self.total,
            "facets": [facet.to_dict() for facet in self.facets],
        }


def collections_facets(request: FacetsRequest, session: Session) -> FacetsResult:
    """Count the values of each column, or give the range of its numbers.

    Raises:
        InputError: a bad condition.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    return FacetsResult(
        request.name,
        collection.count(request.where),
        collection.facets(request.top, where=request.where),
    )
