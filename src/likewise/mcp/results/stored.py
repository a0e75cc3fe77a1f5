"""Results of the tools on collections.

Each is what `to_dict` of the operation's result returns; tests hold them together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from likewise.mcp.results.notes import Noted


class BestSpan(TypedDict):
    """The sentence of a chunk that is nearest to the query."""

    start: int
    end: int
    score: float
    text: str


class MatchedWordResult(TypedDict):
    """A word of the query in a chunk."""

    word: str
    found_as: Annotated[str, Field(description="The word searched for, if it was corrected.")]
    idf: float
    score: Annotated[float, Field(description="Its part of the BM25 score; 0: not in the chunk.")]


class ExplanationResult(TypedDict):
    """Why a hit has its rank."""

    semantic_rank: int | None
    keyword_rank: int | None
    keyword_score: float
    semantic_weight: float
    words: list[MatchedWordResult]
    first_rank: int
    first_score: float


class HitResult(TypedDict):
    """A chunk that was found."""

    id: Annotated[str, Field(description="Of the chunk; the part before a dot is its record.")]
    text: str
    score: Annotated[float, Field(description="What the hits are ordered by; see `measure`.")]
    measure: str
    similarity: Annotated[
        float | None, Field(description="Cosine (or the model's own similarity) to the query.")
    ]
    percentile: Annotated[
        float | None,
        Field(description="Percent of random pairs of the collection that are less similar."),
    ]
    title: str
    source: Annotated[str, Field(description="The file it is from.")]
    line: int
    chunk: Annotated[int, Field(description="Which chunk of its record it is, from 0.")]
    chunks: Annotated[int, Field(description="How many chunks its record has.")]
    fields: dict[str, Any]
    pairs: int
    best: NotRequired[BestSpan]
    further: NotRequired[Annotated[int, Field(description="Further chunks of its document.")]]
    further_hits: NotRequired[list[dict[str, Any]]]
    folded: NotRequired[Annotated[list[str], Field(description="Ids of its near-duplicates.")]]
    explanation: NotRequired[ExplanationResult]


class SearchOutput(Noted):
    """What a search found, best first."""

    collection: str
    query: str | None
    like: str | None
    hits: list[HitResult]
    queries: int
    output: str | None
    corrections: Annotated[
        dict[str, str],
        Field(description="Words of the query that occur nowhere, and those searched for."),
    ]


class QuoteResult(TypedDict):
    """A sentence that answers."""

    text: str
    score: float
    hit: HitResult


class DocumentResult(TypedDict):
    """The chunks of one record that were found, best first."""

    record: str
    title: str
    source: str
    line: int
    chunks: list[HitResult]


class AskOutput(Noted):
    """Sentences that answer a question, and where they are from."""

    collection: str
    question: str
    answerable: Annotated[
        bool, Field(description="False: the collection probably has no answer; do not invent one.")
    ]
    false_alarm_rate: Annotated[
        float | None,
        Field(description="Estimated share of off-topic questions that find as relevant a chunk."),
    ]
    false_alarms: Annotated[float, Field(description="The share up to which it is an answer.")]
    refused: Annotated[
        float | None,
        Field(description="Estimated share of answerable questions refused at this rate."),
    ]
    quotes: list[QuoteResult]
    documents: list[DocumentResult]


class ChunkResult(TypedDict):
    """A chunk of a record."""

    id: str
    text: str


class RecordOutput(Noted):
    """A record; neighboring chunks may overlap."""

    collection: str
    id: str
    title: str
    source: str
    line: int
    fields: dict[str, Any]
    chunks: list[ChunkResult]


class IndexFigures(TypedDict):
    """How nearest neighbors are found."""

    kind: str
    recall: float
    target: float
    milliseconds: float | None
    probes: int | None
    refine: int | None
    ef: int | None
    rows: int
    sample: int
    asked: str
    changed: int


class CollectionSummary(TypedDict):
    """A collection in figures."""

    name: str
    model: str
    compute: str
    dimension: int
    storage: str
    records: int
    chunks: int
    index: IndexFigures
    runs: int
    updated: Annotated[str, Field(description="Time of the last change, ISO 8601 in UTC.")]
    whole: Annotated[bool, Field(description="False where the last indexing was stopped.")]
    columns: Annotated[list[str], Field(description="Columns that `where` may name.")]


class ShowOutput(CollectionSummary, Noted):
    """A collection in figures."""


class UnreadableResult(TypedDict):
    """A collection that cannot be read."""

    name: str
    state: Literal["damaged", "unreadable"]
    reason: str
    hint: str


class CollectionsOutput(Noted):
    """The collections that can be searched."""

    collections: list[CollectionSummary]
    unreadable: list[UnreadableResult]
