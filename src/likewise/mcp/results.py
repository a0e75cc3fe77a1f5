"""The JSON of results, as types: the output schemas of the tools.

Each is what `to_dict` of the operation's result returns; tests hold them together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Notes = Annotated[
    list[str], Field(description="What to know about the result, such as texts that were cut.")
]


class Noted(TypedDict):
    """A result with notes."""

    notes: Notes


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


class TokensResult(TypedDict):
    """How much of a text is read."""

    seen: int
    kept: int
    exact: bool
    cut: int


class TokenMatrix(TypedDict):
    """The similarity of every token of one text with every token of the other."""

    a: list[str]
    b: list[str]
    matrix: list[list[float]]


class SimilarityOutput(Noted):
    """How similar two texts are."""

    model: str
    compute: str
    cosine: Annotated[float, Field(description="-1 to 1; 1 is the same meaning.")]
    dot: float
    euclidean: float
    manhattan: float
    norm_a: float
    norm_b: float
    dimension: int
    tokens_a: TokensResult
    tokens_b: TokensResult
    unknown_tokens: int | None
    token_similarity: NotRequired[TokenMatrix]


class RankedResult(TypedDict):
    """One candidate of a ranking."""

    rank: int
    score: float
    line: Annotated[int, Field(description="Place among the given candidates, from 1.")]
    text: str


class SkippedResult(TypedDict):
    """A row of a file that could not be read."""

    source: str
    line: int
    reason: str
    hint: str


class RankOutput(Noted):
    """Candidates, best first."""

    model: str
    compute: str
    query: str
    total: int
    results: list[RankedResult]
    skipped: list[SkippedResult]
    output: str | None


class TextPlace(TypedDict):
    """A text and where it is from."""

    text: str
    source: str
    line: Annotated[int, Field(description="Line in its file, or place among the texts, from 1.")]


class DuplicateResult(TextPlace):
    """A text that is redundant."""

    similarity: float
    reason: Literal["exact", "near", "edited"]


class GroupResult(TypedDict):
    """A text that stays, and those that repeat it."""

    representative: TextPlace
    members: list[DuplicateResult]


class DifferenceResult(TypedDict):
    """What two texts differ in."""

    kind: str
    left: Annotated[str, Field(description="Words of this text; empty where it has none.")]
    right: Annotated[str, Field(description="Words of the text that it is near to.")]


class DifferingResult(TextPlace):
    """A text that stays although it is near to another one."""

    similarity: float
    representative: TextPlace
    differences: list[DifferenceResult]


class BorderlineResult(TypedDict):
    """Two texts whose similarity is close to the threshold."""

    similarity: float
    same: bool
    text: str
    other: str


class FileResult(TypedDict):
    """A file that was read."""

    path: str
    sha256: str
    kept: str
    removed: str
    encoding: str | None


class DedupeOutput(Noted):
    """Exact copies and near-duplicates, in groups, the largest first."""

    records: int
    kept: int
    removed: int
    exact: int
    near: int
    edited: int
    groups: list[GroupResult]
    differing: list[DifferingResult]
    threshold: float
    interval: list[float] | None
    answers: int | None
    suggested_threshold: float | None
    borderline: list[BorderlineResult]
    keep: str
    neighbor_recall: float
    skipped: list[SkippedResult]
    files: list[FileResult]
    output: str | None
    model: str
    fingerprint: str


class StabilityResult(TypedDict):
    """How well repetitions on parts of the texts agree."""

    runs: int
    rand_index: float
    mutual_information: float
    clusters: list[float]


class CandidateResult(TypedDict):
    """A number of clusters that was compared."""

    clusters: int
    resolution: float
    silhouette: float
    codelength: float
    score: float


class GranularityResult(TypedDict):
    """The number of clusters found automatically, and the range that is nearly as good."""

    clusters: int
    low: int
    high: int
    silhouette: float
    candidates: list[CandidateResult]


class TopicResult(TypedDict):
    """A group of texts."""

    id: str
    level: int
    name: str
    terms: list[str]
    size: int
    exemplars: list[str]
    cohesion: float
    stability: float | None
    topics: list[TopicResult]


class ClusterOutput(Noted):
    """Groups of texts with similar meaning, as a tree of topics."""

    model: str
    compute: str
    texts: int
    clusters: int
    unclustered: int
    method: str
    seed: int
    stability: StabilityResult | None
    granularity: GranularityResult
    topics: list[TopicResult]
    labels: Annotated[
        list[int] | None,
        Field(description="The id of each given text's topic, -1 for none; null for files."),
    ]
    output: str | None
