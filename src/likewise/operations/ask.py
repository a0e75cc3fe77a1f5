"""Answer a question with sentences of a collection."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any

from likewise.collections.answers import FALSE_ALARMS, Answer
from likewise.collections.contract import Mode
from likewise.operations.collection import AsOf, CollectionRequest, Rerank, Where, scorer_of
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class AskRequest(CollectionRequest):
    """A question to a collection."""

    question: Annotated[str, Field("The question.", positional=True, metavar="QUESTION")]
    _: KW_ONLY
    quotes: Annotated[int, Field("How many sentences to quote.", minimum=1)] = 3
    chunks: Annotated[int, Field("How many chunks to look at.", minimum=1)] = 8
    false_alarms: Annotated[
        float,
        Field(
            "Share of off-topic questions that may be answered; 1 refuses nothing.",
            minimum=0.001, maximum=1.0,
        ),
    ] = FALSE_ALARMS  # fmt: skip
    mode: Annotated[Mode, Field("By meaning (semantic), by words (keyword) or both (hybrid).")] = (
        "semantic"
    )
    where: Where = None
    rerank: Rerank = None
    as_of: AsOf = None


@dataclass(frozen=True)
class AskResult:
    """An answer.

    Attributes:
        collection: name of the collection.
        answer: the quotes, and the documents they are from.
    """

    collection: str
    answer: Answer

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, and the keys of `Answer.to_dict`."""
        return {"collection": self.collection, **self.answer.to_dict()}


def ask(request: AskRequest, session: Session) -> AskResult:
    """Answer a question with sentences of a collection, and say where they are from.

    Raises:
        InputError: an empty question, or a bad condition.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
        FingerprintError: its model has changed.
    """
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    answer = collection.ask(
        request.question, chunks=request.chunks, quotes=request.quotes,
        false_alarms=request.false_alarms, mode=request.mode, where=request.where,
        rerank=scorer_of(session, request.rerank),
    )  # fmt: skip
    return AskResult(request.name, answer)
