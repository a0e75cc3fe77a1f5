"""Compare two versions of a collection."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.collections.store import Store
from likewise.collections.version_difference import VersionDifference, compare_versions
from likewise.operations.collection import CollectionRequest
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class DiffRequest(CollectionRequest):
    """Two versions of a collection to compare."""

    before: Annotated[
        str,
        Field("The first version: a run of the log, or a date.", positional=True, metavar="RUN"),
    ]
    after: Annotated[
        str | None,
        Field("The second version; the latest by default.", positional=True, metavar="RUN"),
    ] = None
    _: KW_ONLY
    examples: Annotated[int, Field("Records shown of each kind.", minimum=0, maximum=1000)] = 20


@dataclass(frozen=True)
class DiffResult:
    """What differs between two versions of a collection.

    Attributes:
        collection: its name.
        difference: counts and examples.
    """

    collection: str
    difference: VersionDifference

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection` and the fields of `VersionDifference`."""
        return {"collection": self.collection, **asdict(self.difference)}


def collections_diff(request: DiffRequest, session: Session) -> DiffResult:
    """Compare two versions of a collection: records that came, went, or changed.

    Raises:
        InputError: no such version is stored.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    store = Store(request.store or session.store)
    difference = compare_versions(
        store, request.name, request.before, request.after, examples=request.examples
    )
    return DiffResult(request.name, difference)
