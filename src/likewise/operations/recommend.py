"""Recommend more of what is liked."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any

from likewise.collections.recommend import Recommended
from likewise.operations.collection import AsOf, CollectionRequest, Where, ids_of, report_none
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class RecommendRequest(CollectionRequest):
    """Chunks that are liked or disliked."""

    _: KW_ONLY
    liked: Annotated[
        tuple[str, ...],
        Field("Ids that are liked: repeat it, or separate them by commas.", metavar="ID"),
    ]
    disliked: Annotated[
        tuple[str, ...],
        Field("Ids that are disliked: repeat it, or separate them by commas.", metavar="ID"),
    ] = ()
    top_k: Annotated[int, Field("How many results.", short="-k", minimum=1)] = 10
    where: Where = None
    diversity: Annotated[
        float, Field("Above 0: avoid near repetitions.", minimum=0.0, maximum=1.0)
    ] = 0.0
    as_of: AsOf = None


@dataclass(frozen=True)
class RecommendResult:
    """What is recommended.

    Attributes:
        collection: name of the collection.
        recommended: the chunks, best first, each with the liked one it is nearest to.
    """

    collection: str
    recommended: tuple[Recommended, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, `hits` (see `Hit.to_dict`; each also with `because`, the id of the
        liked chunk).
        """
        return {
            "collection": self.collection,
            "hits": [
                item.hit.to_dict() | {"because": item.because.id} for item in self.recommended
            ],
        }


def recommend(request: RecommendRequest, session: Session) -> RecommendResult:
    """Find chunks that fit what is liked and not what is disliked.

    Raises:
        InputError: no id is liked, or an id is both liked and disliked.
        RecordNotFoundError: there is no such id.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    found = collection.recommend(
        ids_of(request.liked), ids_of(request.disliked), request.top_k, where=request.where,
        diversity=request.diversity,
    )  # fmt: skip
    report_none(session, tuple(found))
    return RecommendResult(request.name, tuple(found))
