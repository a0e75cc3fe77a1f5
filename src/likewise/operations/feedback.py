"""Corrections made in search: stored, listed, removed, and exported as training examples."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.collections.feedback import Correction, TrainingRow, training_rows
from likewise.data.writers import TABLE_FORMATS, check_target, write_table
from likewise.errors import InputError
from likewise.operations.collection import CollectionRequest, RemovedResult, ids_of
from likewise.operations.contract import Field
from likewise.operations.session import Session


@dataclass(frozen=True)
class FeedbackAddRequest(CollectionRequest):
    """A correction of a search."""

    query: Annotated[str, Field("The query.", positional=True, metavar="QUERY")]
    _: KW_ONLY
    better: Annotated[
        tuple[str, ...],
        Field("Ids that should be found: repeat it, or separate them by commas.", metavar="ID"),
    ] = ()
    wrong: Annotated[
        tuple[str, ...],
        Field("Ids that should not: repeat it, or separate them by commas.", metavar="ID"),
    ] = ()


@dataclass(frozen=True)
class FeedbackResult:
    """Corrections of a collection.

    Attributes:
        collection: its name.
        corrections: those that were stored, or all, oldest first.
    """

    collection: str
    corrections: tuple[Correction, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `corrections` (the fields of `Correction`)."""
        return asdict(self)


def feedback_add(request: FeedbackAddRequest, session: Session) -> FeedbackResult:
    """Store which hits of a query are better or wrong; the last word about a chunk counts.

    Raises:
        InputError: no id, an unknown one, or one that is both better and wrong.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the store refuses.
    """
    collection = session.collection(request.name, store=request.store)
    better, wrong = ids_of(request.better), ids_of(request.wrong)
    stored = collection.feedback.add(
        request.query, better=collection.get(better), wrong=collection.get(wrong)
    )
    return FeedbackResult(request.name, tuple(stored))


@dataclass(frozen=True)
class FeedbackListRequest(CollectionRequest):
    """The collection whose corrections are listed."""

    _: KW_ONLY
    query: Annotated[str | None, Field("Only the corrections of this query.")] = None


def feedback_list(request: FeedbackListRequest, session: Session) -> FeedbackResult:
    """List the corrections of a collection, oldest first.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    collection = session.collection(request.name, store=request.store)
    return FeedbackResult(request.name, tuple(collection.feedback.list(request.query)))


@dataclass(frozen=True)
class FeedbackRemoveRequest(CollectionRequest):
    """Corrections to remove."""

    _: KW_ONLY
    ids: Annotated[
        tuple[str, ...],
        Field("Ids of corrections, as the list shows them.", positional=True, metavar="ID..."),
    ]


def feedback_remove(request: FeedbackRemoveRequest, session: Session) -> RemovedResult:
    """Remove corrections.

    Raises:
        InputError: there is no such correction.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the store refuses.
    """
    collection = session.collection(request.name, store=request.store)
    return RemovedResult(request.name, collection.feedback.remove(request.ids))


@dataclass(frozen=True)
class FeedbackExportRequest(CollectionRequest):
    """The collection whose corrections become training examples."""

    _: KW_ONLY
    output: Annotated[
        Path | None,
        Field(
            "The file, .jsonl; without it the rows are printed.",
            short="-o", metavar="FILE", local=True, output=True,
        ),
    ] = None  # fmt: skip


@dataclass(frozen=True)
class FeedbackExportResult:
    """Training examples.

    Attributes:
        collection: name of the collection.
        rows: one for each query with a better hit.
        without_better: queries of which only wrong hits are known; nothing can be learned from
            them alone, so they are left out.
        output: the file, if one was written.
    """

    collection: str
    rows: tuple[TrainingRow, ...]
    without_better: int
    output: str | None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, `rows` (each with `query`, `pos`, `neg`), `without_better`, `output`.
        """
        return asdict(self)


def feedback_export(request: FeedbackExportRequest, session: Session) -> FeedbackExportResult:
    """Export corrections as rows with `query`, `pos` and `neg`, which `likewise train` reads.

    Raises:
        InputError: there are none with a better hit, or the file is not `.jsonl`.
        CollectionNotFoundError: no collection has this name.
        OutputError: the file cannot be written.
    """
    if request.output is not None:
        check_target(request.output, {"jsonl": TABLE_FORMATS["jsonl"]})
    collection = session.collection(request.name, store=request.store)
    corrections = collection.feedback.list()
    rows = training_rows(corrections)
    if not rows:
        raise InputError(
            f"{request.name!r} has no corrections that name a better hit",
            hint=f"likewise feedback add {request.name} QUERY --better ID",
        )
    if request.output is not None:
        write_table(request.output, rows)
    left_out = len({each.query for each in corrections}) - len(rows)
    if left_out:
        session.message(
            "without_better",
            f"{left_out:,} queries have wrong hits only and were left out; name a better one",
            queries=left_out,
        )
    output = None if request.output is None else str(request.output)
    return FeedbackExportResult(request.name, tuple(rows), left_out, output)
