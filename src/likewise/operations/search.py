"""Search a collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from likewise.collections.batch_search import search_file
from likewise.collections.contract import Hit, Mode
from likewise.collections.reader import CollectionReader
from likewise.errors import InputError
from likewise.operations.collection import (
    AsOf,
    CollectionRequest,
    Rerank,
    Where,
    hits_to_list,
    report_none,
    scorer_of,
)
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.wording import counted


@dataclass(frozen=True)
class SearchRequest(CollectionRequest):
    """What to look for in a collection: a query, a chunk to find neighbors of, or many queries."""

    query: Annotated[str | None, Field("What to look for.", positional=True, metavar="QUERY")] = (
        None
    )
    _: KW_ONLY
    top_k: Annotated[int, Field("How many results.", short="-k", minimum=1)] = 10
    mode: Annotated[Mode, Field("By meaning (semantic), by words (keyword) or both (hybrid).")] = (
        "semantic"
    )
    where: Where = None
    like: Annotated[
        str | None, Field("In place of a query: find what is similar to this id.", metavar="ID")
    ] = None
    diversity: Annotated[
        float, Field("Above 0: avoid near repetitions.", minimum=0.0, maximum=1.0)
    ] = 0.0
    rerank: Rerank = None
    by_document: Annotated[bool, Field("One result for each document.", flag="--by-document")] = (
        False
    )
    chunks_per_document: Annotated[
        int, Field("With --by-document: how many chunks of each to show.", minimum=1)
    ] = 3
    fold_duplicates: Annotated[
        bool, Field("Show near-duplicates as one result.", flag="--fold-duplicates")
    ] = False
    explain: Annotated[bool, Field("Show why each result has its rank.", flag="--explain")] = False
    batch: Annotated[
        Path | None,
        Field("In place of a query: a file of queries.", metavar="FILE", stdin=True, local=True),
    ] = None
    output: Annotated[
        Path | None,
        Field("The .jsonl file that --batch writes.", short="-o", local=True, output=True),
    ] = None
    as_of: AsOf = None


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        collection: name of the collection.
        query: what was looked for; None for `like` and `batch`.
        like: the id whose neighbors were looked for.
        hits: the best chunks, best first; empty for `batch`.
        queries: how many queries there were.
        output: the file with the hits of a batch.
        corrections: words of the query that occur nowhere, with those searched for in their place.
    """

    collection: str
    query: str | None
    like: str | None
    hits: tuple[Hit, ...]
    queries: int = 1
    output: Path | None = None
    corrections: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, `query` (or null), `like` (or null), `hits` (see `Hit.to_dict`),
        `queries`, `output` (or null), `corrections` (words by words).
        """
        return {
            "collection": self.collection,
            "query": self.query,
            "like": self.like,
            "hits": hits_to_list(self.hits),
            "queries": self.queries,
            "output": str(self.output) if self.output else None,
            "corrections": dict(self.corrections),
        }


def search(request: SearchRequest, session: Session) -> SearchResult:
    """Find the chunks of a collection that answer a query, or are similar to one of its chunks.

    Raises:
        InputError: not exactly one of `query`, `like` and `batch`, or a bad condition.
        RecordNotFoundError: there is no such id.
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
        FingerprintError: its model has changed.
        OutputError: the output cannot be written.
    """
    if sum(given is not None for given in (request.query, request.like, request.batch)) != 1:
        raise InputError("what to look for?", hint="give one of QUERY, --like ID, --batch FILE")
    collection = session.reader(request.name, store=request.store, as_of=request.as_of)
    if request.batch is not None:
        return _batch(request, session, collection, request.batch)
    corrections: Mapping[str, str] = {}
    if request.like is not None:
        found = collection.more_like(
            request.like, request.top_k, where=request.where, by_document=request.by_document
        )
    else:
        found = collection.search(
            request.query or "", request.top_k, mode=request.mode, where=request.where,
            diversity=request.diversity, rerank=scorer_of(session, request.rerank), highlight=True,
            by_document=request.by_document, chunks_per_document=request.chunks_per_document,
            fold_duplicates=request.fold_duplicates, explain=request.explain,
        )  # fmt: skip
        if request.mode != "semantic":
            corrections = collection.corrections(request.query or "")
    for word, other in corrections.items():
        session.message(
            "corrected", f"no {word!r} in this collection, searched for {other!r}",
            word=word, corrected=other,
        )  # fmt: skip
    hits = tuple(found)
    report_none(session, hits)
    return SearchResult(request.name, request.query, request.like, hits, corrections=corrections)


def _batch(
    request: SearchRequest, session: Session, collection: CollectionReader, queries: Path
) -> SearchResult:
    if request.output is None:
        raise InputError("--batch needs a file to write", hint="name it with -o answers.jsonl")
    count = search_file(
        collection, queries, request.output, k=request.top_k, mode=request.mode,
        where=request.where, diversity=request.diversity, rerank=scorer_of(session, request.rerank),
        by_document=request.by_document, chunks_per_document=request.chunks_per_document,
        fold_duplicates=request.fold_duplicates, explain=request.explain,
    )  # fmt: skip
    session.message(
        "wrote",
        f"wrote the answers to {counted(count, 'query', 'queries')} to {request.output}",
        queries=count, output=str(request.output),
    )  # fmt: skip
    return SearchResult(request.name, None, None, (), count, request.output)
