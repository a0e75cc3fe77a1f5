"""Reading a collection: its description, its log, and searching it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from likewise.collections import history
from likewise.collections.answers import FALSE_ALARMS, Answer, AnswerFinder
from likewise.collections.condition import checked
from likewise.collections.contract import MODES, Hit, Mode, Model, ModelLoader, Run, Scorer, Summary
from likewise.collections.explain import with_best_sentences
from likewise.collections.facets import Facet
from likewise.collections.feedback import Feedback
from likewise.collections.manifest import Manifest, read_manifest
from likewise.collections.recommend import Recommended, recommend
from likewise.collections.relevance import DEPTH
from likewise.collections.saved_searches import SavedSearches
from likewise.collections.search import SnapshotQuery, documents, run_search
from likewise.collections.snapshot import Snapshot, StoredChunks
from likewise.collections.spelling import corrected, corrections
from likewise.collections.store import Store
from likewise.errors import InputError
from likewise.wording import counted

if TYPE_CHECKING:
    from lancedb.table import Table


class CollectionReader:
    """An open collection, as it was when it was opened or last refreshed.

    Attributes:
        name: its name.
        store: where it is stored.
        as_of: the run whose state is open; None for the latest.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        table: Table,
        *,
        loader: ModelLoader,
        model: Model | None = None,
        as_of: Run | None = None,
    ) -> None:
        self.store, self.name, self.as_of = store, name, as_of
        self._table = table
        self._model = model
        self._loader = loader
        self._snapshot = Snapshot(name, table, read_manifest(table, name))
        self._finder: AnswerFinder | None = None
        self._finder_of = self._snapshot
        self._corrected: tuple[tuple[str, int] | None, Mapping[str, str]] = (None, {})
        if model is not None:
            self.manifest.check(name, model.name, model.fingerprint)

    def __len__(self) -> int:
        """Chunks in it."""
        with self.store.reading(self.name):
            return int(self._table.count_rows())

    def __repr__(self) -> str:
        return f"Collection({self.name!r}, {counted(len(self), 'chunk')}, {self.manifest.model})"

    @property
    def manifest(self) -> Manifest:
        """Its description of itself."""
        return self._snapshot.manifest

    @property
    def model(self) -> Model:
        """The model that made its vectors, loaded when it is first needed.

        Raises:
            FingerprintError: its files have changed since.
        """
        known = self._model
        if known is None or known.fingerprint != self.manifest.fingerprint:  # migrated, or undone
            loaded = self._loader(self.manifest.model, compute=self.manifest.compute)
            self.manifest.check(self.name, loaded.name, loaded.fingerprint)
            self._model = known = loaded
        return known

    def summary(self) -> Summary:
        """Its model, sizes, columns and index.

        Raises:
            DamagedCollectionError: its files are damaged.
        """
        manifest, chunks = self.manifest, len(self)
        with self.store.reading(self.name):
            records = int(self._table.count_rows("passage = 0"))
            whole = self.is_whole
        return Summary(
            name=self.name,
            model=manifest.model,
            compute=manifest.compute,
            dimension=manifest.dimension,
            storage=manifest.storage,
            records=records,
            chunks=chunks,
            index=manifest.index,
            runs=len(manifest.runs),
            updated=manifest.runs[-1].time if manifest.runs else "",
            whole=whole,
            columns=tuple(self._snapshot.columns),
        )

    @property
    def is_whole(self) -> bool:
        """Whether the last run came to its end."""
        return history.is_whole(self._table, self.manifest)

    def log(self) -> list[Run]:
        """Its changes, oldest first."""
        return list(self.manifest.runs)

    def refresh(self) -> None:
        """Read what other processes have written since."""
        if self.as_of is None:
            cast(Any, self._table).checkout_latest()
            self._snapshot = Snapshot(self.name, self._table, read_manifest(self._table, self.name))

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        mode: Mode = "semantic",
        where: str | None = None,
        diversity: float = 0.0,
        rerank: Scorer | None = None,
        highlight: bool = False,
        by_document: bool = False,
        chunks_per_document: int = 3,
        fold_duplicates: bool = False,
        explain: bool = False,
    ) -> list[Hit]:
        """Chunks that answer a query, best first.

        Keyword and hybrid searches read a query with its typing errors corrected; see
        `corrections`.

        Args:
            query: the text to look for.
            k: how many.
            mode: `semantic` (by meaning), `keyword` (by words, BM25) or `hybrid` (a weighted sum
                of both scores).
            where: an SQL condition on the columns, such as `year > 2020 AND lang = 'en'`.
            diversity: above 0, up to 1: maximal marginal relevance, against near repetitions.
            rerank: another model that puts the best `max(50, 5 k)` in its own order; it reads what
                was encoded, a chunk with its title.
            highlight: find the sentence of each chunk that is nearest to the query.
            by_document: give the best chunk of each of k documents (records), with the number of
                further chunks of it among those that were looked at.
            chunks_per_document: how many chunks of each document to give, the best one included.
            fold_duplicates: give near-duplicates as one hit, with the ids of those folded into it.
            explain: give each hit its rank and score in both orders and its matched words.

        Raises:
            InputError: an empty query, an unknown mode, a bad condition, k below 1.
        """
        _check(k, mode, diversity)
        if not query.strip():
            raise InputError("the query is empty", hint="say in words what to look for")
        replaced = self._corrections(query, mode)
        request = SnapshotQuery(
            corrected(query, replaced), k, mode, _condition(where), diversity, rerank, by_document,
            chunks_per_document, fold_duplicates, explain, replaced,
        )  # fmt: skip
        vector = self._query(request.query) if request.needs_vector or highlight else None
        hits = self._hits(request, vector)
        return self._highlighted(hits, vector) if vector is not None and highlight else hits

    def search_batch(
        self,
        queries: Iterable[str],
        k: int = 10,
        *,
        mode: Mode = "semantic",
        where: str | None = None,
        diversity: float = 0.0,
        rerank: Scorer | None = None,
        by_document: bool = False,
        chunks_per_document: int = 3,
        fold_duplicates: bool = False,
        explain: bool = False,
    ) -> Iterator[list[Hit]]:
        """`search` for each query, in bounded memory: queries are encoded many at a time.

        An empty query among them finds nothing.
        """
        _check(k, mode, diversity)
        condition = _condition(where)
        prompt = self.model.role_prompt("query")
        waiting: deque[Mapping[str, str]] = deque()

        def read() -> Iterator[str]:
            for query in queries:
                waiting.append(self._corrections(query, mode))
                yield corrected(query, waiting[-1])

        for part in self.model.encode_stream(read(), prompt_name=prompt):
            for query, vector in zip(part.texts, part.vectors, strict=True):
                request = SnapshotQuery(
                    query, k, mode, condition, diversity, rerank, by_document, chunks_per_document,
                    fold_duplicates, explain, waiting.popleft(),
                )  # fmt: skip
                yield self._hits(request, vector) if query.strip() else []

    def search_vector(
        self, vector: NDArray[np.float32], k: int = 10, *, where: str | None = None
    ) -> list[Hit]:
        """The chunks nearest to a vector of the same model, float32 `[d]`."""
        _check(k, "semantic", 0.0)
        return self._snapshot.hits_by_vector(np.asarray(vector, np.float32), k, _condition(where))

    def more_like(
        self, name: str, k: int = 10, *, where: str | None = None, by_document: bool = False
    ) -> list[Hit]:
        """Chunks of other records that are nearest to one of this collection.

        Args:
            name: its id; a record's id means its first chunk.
            k: how many.
            where: an SQL condition.
            by_document: as in `search`.
        """
        _check(k, "semantic", 0.0)
        [origin] = self._snapshot.get([name])
        others = f"record != '{origin.hit.record}'"
        condition = f"{checked(where)} AND {others}" if where is not None else others

        def search(size: int) -> list[Hit]:
            return self._snapshot.hits_by_vector(origin.vector, size, condition)

        return documents(k, search) if by_document else search(k)

    def ask(
        self,
        question: str,
        *,
        chunks: int = 8,
        quotes: int = 3,
        false_alarms: float = FALSE_ALARMS,
        mode: Mode = "semantic",
        where: str | None = None,
        rerank: Scorer | None = None,
    ) -> Answer:
        """Answer a question in the words of the collection.

        Args:
            question: in words.
            chunks: how many to look at.
            quotes: how many sentences to give at most.
            false_alarms: share of off-topic questions that may be answered; 1 refuses nothing.
            mode: as in `search`.
            where: an SQL condition.
            rerank: as in `search`.
        """
        if not 0 < false_alarms <= 1:
            raise InputError(
                f"a false-alarm rate of {false_alarms} is out of range",
                hint="0.01 answers one of a hundred off-topic questions, 1 refuses nothing",
            )
        hits = self.search(question, chunks, mode=mode, where=where, rerank=rerank)
        query = self._query(question)
        decisive = mode == "semantic" and rerank is None and chunks >= DEPTH
        nearest = (
            hits[:DEPTH]
            if decisive
            else self._snapshot.hits_by_vector(query, DEPTH, _condition(where))
        )
        return self._answers().answer(
            question, query, hits, nearest, false_alarms=false_alarms, quotes=quotes
        )

    def recommend(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        k: int = 10,
        *,
        where: str | None = None,
        diversity: float = 0.0,
    ) -> list[Recommended]:
        """Chunks of other records that fit what is liked and not what is disliked, best first."""
        _check(k, "semantic", diversity)
        return recommend(
            self._snapshot, liked, disliked, k, where=_condition(where), diversity=diversity
        )

    @property
    def feedback(self) -> Feedback:
        """Corrections made in its searches."""
        return Feedback(self.store, self.name)

    @property
    def saved_searches(self) -> SavedSearches:
        """Searches that were saved with it."""
        return SavedSearches(self.store, self.name)

    def corrections(self, query: str) -> Mapping[str, str]:
        """Words of a query that occur nowhere here, each with the similar word searched for."""
        known, found = self._corrected
        if known != (query, self._table.version):
            found = corrections(self._table, query)
            self._corrected = ((query, self._table.version), found)
        return found

    def get(self, ids: Sequence[str]) -> list[Hit]:
        """Chunks by their ids."""
        return [candidate.hit for candidate in self._snapshot.get(ids)]

    def browse(self, offset: int = 0, k: int = 20, *, where: str | None = None) -> list[Hit]:
        """Records in the order of the store, each as its first chunk.

        Args:
            offset: how many to leave out at the beginning.
            k: how many at most.
            where: an SQL condition.
        """
        return self._snapshot.browse(offset, k, _condition(where))

    def stored(self, *, where: str | None = None) -> StoredChunks:
        """All chunks with their vectors, in memory.

        Args:
            where: an SQL condition.
        """
        return self._snapshot.stored(_condition(where))

    def count(self, where: str | None = None) -> int:
        """How many records meet an SQL condition; all without one."""
        return self._snapshot.count(_condition(where))

    def facets(self, top: int = 12, *, where: str | None = None) -> tuple[Facet, ...]:
        """The columns of the records in figures: frequent values, or a histogram of numbers.

        Args:
            top: values of each column at most.
            where: an SQL condition.
        """
        return self._snapshot.facets(top, _condition(where))

    def _corrections(self, query: str, mode: Mode) -> Mapping[str, str]:
        """Those that a search in this mode makes."""
        return {} if mode == "semantic" else self.corrections(query)

    def _hits(self, request: SnapshotQuery, vector: NDArray[np.float32] | None) -> list[Hit]:
        return run_search(self._snapshot, request, vector, lambda: self.model)

    def _answers(self) -> AnswerFinder:
        """Answers questions out of the state that is open."""
        if self._finder is None or self._finder_of is not self._snapshot:
            self._finder = AnswerFinder(self._table, self.manifest, self.model)
            self._finder_of = self._snapshot
        return self._finder

    def _highlighted(self, hits: Sequence[Hit], vector: NDArray[np.float32]) -> list[Hit]:
        """The same hits with their best sentences, also those within others."""
        every = [one for hit in hits for one in (hit, *hit.further_hits)]
        found = iter(with_best_sentences(every, vector, self.model))
        return [
            replace(next(found), further_hits=tuple(next(found) for _ in hit.further_hits))
            for hit in hits
        ]

    def _query(self, query: str) -> NDArray[np.float32]:
        return np.asarray(self.model.encode_query(query), np.float32)


def _condition(where: str | None) -> str | None:
    return None if where is None else checked(where)


def _check(k: int, mode: str, diversity: float) -> None:
    if k < 1:
        raise InputError(f"k is {k}, expected at least 1", hint="ask for 1 or more")
    if mode not in MODES:
        raise InputError(f"unknown mode {mode!r}", hint="one of " + ", ".join(MODES))
    if not 0 <= diversity <= 1:
        raise InputError(f"diversity is {diversity}, expected 0 to 1", hint="0.3 is a good start")
