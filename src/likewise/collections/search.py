"""Searching one version of a collection: by meaning, by words, or by both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from likewise.collections.contract import Hit, Mode, Scorer
from likewise.collections.fusion import marginal_relevance
from likewise.collections.grouping import by_document, fold_near_duplicates
from likewise.collections.hit_explanations import explained
from likewise.collections.hybrid import by_both
from likewise.collections.snapshot import POOL, Candidate, Snapshot
from likewise.data.chunking import Chunker, chunk_titles, with_title
from likewise.data.records import Record


@dataclass(frozen=True)
class SnapshotQuery:
    """What a search is asked for; see `Collection.search`.

    `corrections` are the words of the query as it was given by those that it has here.
    """

    query: str
    k: int
    mode: Mode = "semantic"
    where: str | None = None
    diversity: float = 0.0
    rerank: Scorer | None = None
    by_document: bool = False
    chunks_per_document: int = 3
    fold_duplicates: bool = False
    explain: bool = False
    corrections: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def needs_vector(self) -> bool:
        """Whether the query has to be encoded."""
        return self.mode != "keyword" or self.diversity > 0 or self.explain

    @property
    def grouped(self) -> bool:
        """Whether several hits may become one."""
        return self.by_document or self.fold_duplicates

    @property
    def pool(self) -> int:
        """How many candidates are looked at, at least."""
        return max(POOL, 5 * self.k) if self.rerank or self.diversity or self.grouped else self.k


def run_search(
    snapshot: Snapshot,
    request: SnapshotQuery,
    vector: NDArray[np.float32] | None,
    splitter: Callable[[], Chunker],
) -> list[Hit]:
    """The hits of a search.

    Args:
        snapshot: of the collection.
        request: what to search for.
        vector: of the query, float32 `[d]`; a keyword search needs none.
        splitter: gives the collection's model, where long titles have to be cut as it read them.
    """
    size = request.pool
    while True:
        first = _candidates(snapshot, request, vector, size)
        taken = size if request.rerank or request.grouped else request.k
        candidates = _diversified(snapshot, request, first, taken)
        hits = [candidate.hit for candidate in candidates]
        if request.rerank is not None:
            hits = _reranked(
                request.query, hits, request.rerank, snapshot.manifest.chunk_tokens, splitter
            )
        hits = _grouped(request, hits, first)
        if not request.grouped or len(hits) >= request.k or len(first) < size:
            break
        size *= 4  # a few long documents, or many copies, have taken all places
    hits = hits[: request.k]
    if request.explain and vector is not None:
        order = [candidate.hit for candidate in first]
        return explained(
            snapshot, request.query, request.corrections, vector=vector, hits=hits, first=order,
            mode=request.mode, where=request.where,
        )  # fmt: skip
    return hits


def documents(k: int, search: Callable[[int], list[Hit]]) -> list[Hit]:
    """The best hit of each of k documents.

    Args:
        k: how many documents.
        search: returns this many hits, best first, or fewer where there are no more.
    """
    size = max(POOL, 5 * k)
    while True:
        hits = search(size)
        found = by_document(hits, 1)
        if len(found) >= k or len(hits) < size:
            return found[:k]
        size *= 4


def _candidates(
    snapshot: Snapshot, request: SnapshotQuery, vector: NDArray[np.float32] | None, size: int
) -> list[Candidate]:
    """The best `size` chunks in the order of the mode."""
    if vector is None or request.mode == "keyword":
        return snapshot.by_words(request.query, size, request.where, vector)
    if request.mode == "hybrid":
        return by_both(snapshot, request.query, vector, size, request.where)
    return snapshot.by_vector(vector, size, request.where)


def _grouped(request: SnapshotQuery, hits: list[Hit], first: Sequence[Candidate]) -> list[Hit]:
    if request.fold_duplicates:
        vectors = {candidate.hit.id: candidate.vector for candidate in first}
        folded = fold_near_duplicates([Candidate(hit, vectors[hit.id]) for hit in hits])
        hits = [candidate.hit for candidate in folded]
    return by_document(hits, request.chunks_per_document) if request.by_document else hits


def _diversified(
    snapshot: Snapshot, request: SnapshotQuery, candidates: list[Candidate], k: int
) -> list[Candidate]:
    """The best k candidates by maximal marginal relevance; relevance is their similarity."""
    if not candidates or not request.diversity:
        return candidates
    relevance = np.array([candidate.hit.similarity for candidate in candidates], np.float32)
    matrix = np.stack([candidate.vector for candidate in candidates])
    measure = snapshot.manifest.similarity
    chosen = marginal_relevance(relevance, matrix, k, request.diversity, measure)
    return [candidates[n] for n in chosen]


def _reranked(
    query: str, hits: Sequence[Hit], scorer: Scorer, size: int, splitter: Callable[[], Chunker]
) -> list[Hit]:
    """Hits in the order of another model's scores, which reads what was encoded: titles too."""
    if not hits:
        return []
    records = [Record(hit.text, title=hit.title) for hit in hits]
    titles = chunk_titles(records, [hit.chunks == 1 for hit in hits], splitter, size)
    texts = [with_title(title, hit.text) for title, hit in zip(titles, hits, strict=True)]
    scores = scorer.scores(query, texts)
    order = np.argsort(-np.asarray(scores), kind="stable")
    return [replace(hits[n], score=float(scores[n]), measure="rerank") for n in order.tolist()]
