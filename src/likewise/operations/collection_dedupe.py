"""Remove from a collection what repeats another record of it, or of another collection."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.operations.collection_duplicates import DuplicatesRequest, find_duplicates
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class CollectionDedupeRequest(DuplicatesRequest):
    """A collection whose duplicates are removed."""

    _: KW_ONLY
    keep: Annotated[
        tuple[str, ...],
        Field("Ids of records that stay, whatever they repeat.", metavar="ID"),
    ] = ()


@dataclass(frozen=True)
class CollectionDedupeResult:
    """The duplicates that were removed.

    Attributes:
        collection: its name.
        threshold: least similarity of near-duplicates.
        removed: records that went.
        records: records that are left, of every length.
    """

    collection: str
    threshold: float
    removed: int
    records: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: all attributes."""
        return asdict(self)


def collections_dedupe(
    request: CollectionDedupeRequest, session: Session
) -> CollectionDedupeResult:
    """Remove the records that repeat another one, in one change that undo reverts.

    One record of each group stays. With `against`, those go that repeat a record of the other
    collection, which is not changed. Texts that differ in a number, a date, a negation or a name
    stay, and so do long texts of several chunks.

    Raises:
        InputError: nothing to compare, a bad condition or threshold.
        FingerprintError: the vectors of the two collections are not of the same model.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read, or is being written.
    """
    collection = session.collection(request.name, store=request.store)
    found = find_duplicates(collection, request, request.threshold, session)
    redundant = {
        found.own.text(removed.row).id.partition(".")[0] for removed in found.duplicates.removed
    }
    redundant -= {each.partition(".")[0] for each in request.keep}
    if redundant:
        collection.remove(sorted(redundant))
    records = collection.summary().records
    return CollectionDedupeResult(request.name, request.threshold, len(redundant), records)
