"""What operations on collections have in common: fields, results, and hits as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any

from likewise.collections.contract import Hit, Scorer
from likewise.operations.contract import Field
from likewise.operations.session import Session

StoreAddress = Annotated[
    str | None,
    Field("Where collections are stored: a folder, or s3://….", metavar="PLACE", local=True),
]
Where = Annotated[str | None, Field("An SQL condition, such as \"year > 2020 AND lang = 'en'\".")]
Rerank = Annotated[
    str | None,
    Field("Rerank the best with a cross-encoder or a larger model.", metavar="MODEL"),
]
AsOf = Annotated[
    str | None,
    Field("An earlier state: a run of the log, or a date; migration: the new model's vectors."),
]


@dataclass(frozen=True)
class CollectionRequest:
    """A request about one collection."""

    name: Annotated[str, Field("The collection.", positional=True, metavar="NAME")]
    _: KW_ONLY
    store: StoreAddress = None


@dataclass(frozen=True)
class RemovedResult:
    """What was removed beside the records of a collection: corrections, or saved searches.

    Attributes:
        collection: name of the collection.
        removed: how many.
    """

    collection: str
    removed: int

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `removed`."""
        return asdict(self)


def ids_of(listed: Iterable[str]) -> list[str]:
    """Ids that were listed one by one, or separated by commas."""
    return [name.strip() for part in listed for name in part.split(",") if name.strip()]


def hits_to_list(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Hits as plain values; see `Hit.to_dict`."""
    return [hit.to_dict() for hit in hits]


def scorer_of(session: Session, model: str | None) -> Scorer | None:
    """The model that reranks, if a request names one."""
    return None if model is None else session.scorer(model)


def report_none(session: Session, hits: tuple[object, ...]) -> None:
    """Report if nothing was found."""
    if not hits:
        session.message("none", "nothing found")
