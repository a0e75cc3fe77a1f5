"""Types that collections take and return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from likewise.data.chunking import Chunker
from likewise.results import Encoded

Storage = Literal["float32", "float16", "int8"]
STORAGES: tuple[Storage, ...] = ("float32", "float16", "int8")

IndexChoice = Literal["auto", "exact", "ivf_rq", "hnsw_sq", "hnsw_pq"]

Mode = Literal["semantic", "keyword", "hybrid"]
MODES: tuple[Mode, ...] = ("semantic", "keyword", "hybrid")


class Model(Chunker, Protocol):
    """What a collection asks of an encoder; `likewise.Encoder` has it all."""

    name: str

    @property
    def reference(self) -> str:
        """What loads it again."""

    @property
    def compute(self) -> str:
        """Number format of the network."""

    @property
    def dimension(self) -> int:
        """Dimensions of the vectors."""

    @property
    def fingerprint(self) -> str:
        """Two vectors compare only where fingerprints agree."""

    @property
    def similarity_fn_name(self) -> str:
        """The similarity it was trained for."""

    def role_prompt(self, role: Literal["query", "document"]) -> str | None:
        """Name of the prompt for queries or documents, where it has one."""

    def encode_query(self, sentences: Any) -> Any:
        """Vectors of queries."""

    def encode_document(self, sentences: Any) -> Any:
        """Vectors of documents."""

    def encode_stream(
        self,
        sentences: Iterable[str],
        prompt_name: str | None = None,
        *,
        seconds: float | None = None,
    ) -> Iterator[Encoded]:
        """Vectors of texts as they come, in their order, in parts that each take `seconds`."""


class ModelLoader(Protocol):
    """Loads the model of a collection; `likewise.load` and `ModelRegistry.get` are two."""

    def __call__(self, name: str, /, *, compute: str) -> Model:
        """The model of this name or folder, in this number format of the network."""


class Scorer(Protocol):
    """Scores texts against a query; `likewise.Reranker` and `likewise.Encoder` are two."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, higher is better: float32 `[n]`."""


@dataclass(frozen=True)
class Span:
    """A part of a chunk.

    Attributes:
        start: its first character.
        end: the character after its last one.
        score: similarity to the query.
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class MatchedWord:
    """A word of the query in a chunk.

    Attributes:
        word: as the query has it.
        found_as: the word of the collection that was searched for in its place, if the query's own
            occurs nowhere; else the same.
        idf: its inverse document frequency: rare words count more.
        score: its part of the chunk's BM25 score; 0 if the chunk does not have it.
    """

    word: str
    found_as: str
    idf: float
    score: float


@dataclass(frozen=True)
class Explanation:
    """Why a hit has its rank.

    Attributes:
        semantic_rank: its rank by similarity, from 1; None if it was not among those compared.
        keyword_rank: its rank by BM25, from 1; None as above.
        keyword_score: its BM25 score; 0 if it has none of the words.
        semantic_weight: share of the similarity in the score of a hybrid search, 0 to 1; the
            rest is BM25's. 1 or 0 in the other modes.
        words: the words of the query, the most important first; none in a semantic search.
        first_rank: its rank before diversity and the reranker, from 1.
        first_score: its score then.
    """

    semantic_rank: int | None
    keyword_rank: int | None
    keyword_score: float
    semantic_weight: float
    words: tuple[MatchedWord, ...]
    first_rank: int
    first_score: float


@dataclass(frozen=True)
class Hit:
    """One chunk that a search found.

    Attributes:
        id: of the chunk; `Collection.more_like` and `recommend` take it.
        text: the chunk.
        score: what it was ordered by; see `measure`.
        measure: what the score is: `cosine`, `dot` or `euclidean` similarity, `bm25`, `hybrid` (a
            weighted sum of similarity and BM25; it only orders the hits of one query) or `rerank`.
        similarity: to the query by the collection's model; None where only words were compared.
        percentile: of the similarity among random pairs of this collection, 0 to 100.
        pairs: how many pairs those are; with few of them a percentile says little.
        title: of the text it is taken from; empty where it has none.
        source: the file.
        line: in the file, from 1.
        chunk: which chunk of the record it is, from 0.
        chunks: how many the record has.
        fields: the other columns of its row.
        best: its sentence nearest to the query, where that was asked for.
        further: how many more chunks of its record were found, where hits are by document.
        further_hits: the best of these, best first.
        folded: ids of the near-duplicates of it that were found; None where they are not folded.
        explanation: why it has its rank, where that was requested.
    """

    id: str
    text: str
    score: float
    measure: str
    similarity: float | None = None
    percentile: float | None = None
    title: str = ""
    source: str = ""
    line: int = 0
    chunk: int = 0
    chunks: int = 1
    fields: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    best: Span | None = None
    pairs: int = 0
    further: int | None = None
    further_hits: tuple[Hit, ...] = ()
    folded: tuple[str, ...] | None = None
    explanation: Explanation | None = None

    @property
    def record(self) -> str:
        """Id of the record that the chunk belongs to."""
        return self.id.partition(".")[0]

    @property
    def sentence(self) -> str:
        """The sentence nearest to the query; the whole chunk where none was looked for."""
        return self.text[self.best.start : self.best.end] if self.best else self.text

    def to_dict(self) -> dict[str, Any]:
        """The hit as plain values; what was not requested is left out.

        These are `best`, `further` with `further_hits`, `folded` and `explanation`.
        """
        # a read-only mapping cannot be copied by asdict
        plain = asdict(replace(self, fields={}, further_hits=())) | {"fields": dict(self.fields)}
        plain["further_hits"] = [hit.to_dict() for hit in self.further_hits]
        if self.further is None:
            del plain["further_hits"]
        for name in ("further", "folded", "best", "explanation"):
            if plain[name] is None:
                del plain[name]
        if self.best is not None:
            plain["best"] |= {"text": self.sentence}
        return plain


@dataclass(frozen=True)
class Run:
    """One change of a collection: a line of its log.

    Attributes:
        number: from 1.
        action: `index`, `tag`, `undo`, `redo`, `restore`, `compact` or `migrate`.
        time: when it ended, ISO 8601 in UTC.
        version: the store's own number for the collection as it was then.
        added: chunks that came.
        removed: chunks that went.
        records: records there were then.
        chunks: chunks there were then.
        sources: the files that records came from, the first twenty.
        back_to: the run whose state an undo, a redo or a restore brought back; 0 is the empty
            collection.
        before: the run whose state this one changed.
    """

    number: int
    action: str
    time: str
    version: int
    added: int = 0
    removed: int = 0
    records: int = 0
    chunks: int = 0
    sources: tuple[str, ...] = ()
    back_to: int | None = None
    before: int = 0


@dataclass(frozen=True)
class Index:
    """How nearest neighbours are found.

    Attributes:
        kind: `exact`, `ivf_rq`, `hnsw_sq` or `hnsw_pq`.
        recall: of the ten nearest, the share it finds; measured against an exact search with
            chunks and with vectors drawn at random, the lower of the two.
        target: the recall that was asked for.
        milliseconds: median time of a search when it was measured.
        probes: partitions looked into.
        refine: how many times more candidates are compared in full.
        ef: size of the list of candidates of HNSW.
        rows: chunks there were when it was built.
        sample: how many searches were measured.
        asked: the kind that was asked for; `auto` leaves it to the size.
        changed: chunks that have come or gone since it was measured.
    """

    kind: str = "exact"
    recall: float = 1.0
    target: float = 0.97
    milliseconds: float | None = None
    probes: int | None = None
    refine: int | None = None
    ef: int | None = None
    rows: int = 0
    sample: int = 0
    asked: str = "auto"
    changed: int = 0


@dataclass(frozen=True)
class Indexed:
    """What `Collection.add` did with the records.

    Attributes:
        added: chunks encoded and written.
        removed: chunks whose record is no longer in its source.
        unchanged: records that were there already.
        moved: of these, how many are on another line now.
        records: records in the collection now.
        chunks: chunks in the collection now.
        blank: records without any text, left out.
        cut: texts longer than the model reads whose ends were cut.
        misfits: values, by column, that do not fit the column's type and were left empty.
        index: how neighbours are found now.
        seconds: time it all took.
        encoding_seconds: time until the last vector was written.
    """

    added: int
    removed: int
    unchanged: int
    moved: int
    records: int
    chunks: int
    blank: int
    cut: int
    misfits: Mapping[str, int]
    index: Index
    seconds: float
    encoding_seconds: float


@dataclass(frozen=True)
class Summary:
    """A collection in figures.

    Attributes:
        name: its name.
        model: the model that made its vectors.
        compute: number format that model ran in.
        dimension: of the vectors.
        storage: number format of the stored vectors.
        records: how many there are.
        chunks: how many there are; a long record has several.
        index: how neighbours are found.
        runs: changes in its log.
        updated: when it was last changed, ISO 8601 in UTC.
        whole: False where the last run was stopped; indexing again continues it.
        columns: columns that conditions may name.
    """

    name: str
    model: str
    compute: str
    dimension: int
    storage: str
    records: int
    chunks: int
    index: Index
    runs: int
    updated: str
    whole: bool
    columns: tuple[str, ...]
