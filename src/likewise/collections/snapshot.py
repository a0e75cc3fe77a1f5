"""One version of a collection, as it is read: chunks near to a vector, or with certain words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.collections import lance_query
from likewise.collections.contract import Hit
from likewise.collections.facets import Facet, facets
from likewise.collections.flat_search import ScanBlock, blocks, nearest
from likewise.collections.lance_query import Question
from likewise.collections.manifest import Manifest
from likewise.collections.schema import OWN, restored
from likewise.collections.store import repair, store_errors
from likewise.collections.tuning import similarities, vector_question
from likewise.errors import InputError, RecordNotFoundError

if TYPE_CHECKING:
    from lancedb.table import Table

POOL = 50
"""Candidates that are fused, reranked or diversified, at least."""


@dataclass(frozen=True)
class Candidate:
    """A hit with its vector, float32 `[d]`."""

    hit: Hit
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class StoredChunks:
    """Chunks as they are stored.

    Attributes:
        hits: n chunks, without a score.
        vectors: float32 `[n, d]`.
    """

    hits: tuple[Hit, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Ranked:
    """Chunks in the order of a search, as the store's own numbers of their rows.

    Attributes:
        row_ids: uint64 `[n]`.
        scores: what they are ordered by, float32 `[n]`.
        similarities: to the query, float32 `[n]`.
    """

    row_ids: NDArray[np.uint64]
    scores: NDArray[np.float32]
    similarities: NDArray[np.float32]


@dataclass(frozen=True)
class Snapshot:
    """One version of a collection, as it is read.

    Attributes:
        name: of the collection.
        table: its rows.
        manifest: its description.
    """

    name: str
    table: Table
    manifest: Manifest

    @cached_property
    def columns(self) -> list[str]:
        """What conditions may name; not the vector."""
        return [name for name in self.table.schema.names if name != "vector"]

    @cached_property
    def _read(self) -> list[str]:
        """What a hit needs; a chunk's id contains its record's."""
        return [name for name in self.columns if name != "record"]

    @cached_property
    def _blocks(self) -> list[ScanBlock]:
        return list(blocks(self.table))

    def by_vector(
        self, query: NDArray[np.float32], k: int, where: str | None = None
    ) -> list[Candidate]:
        """The k chunks nearest to a vector; vectors come along."""
        return self._candidates(self._nearest(query, k, where, [*self._read, "vector"]))

    def hits_by_vector(
        self, query: NDArray[np.float32], k: int, where: str | None = None
    ) -> list[Hit]:
        """The k chunks nearest to a vector."""
        table = self._nearest(query, k, where, self._read)
        return self._hits(table, table["similarity"].to_numpy(), self.manifest.similarity)

    def by_words(
        self,
        query: str,
        k: int,
        where: str | None = None,
        vector: NDArray[np.float32] | None = None,
    ) -> list[Candidate]:
        """The k chunks with the highest BM25 score.

        Args:
            query: words; any of them may match.
            k: how many.
            where: an SQL condition.
            vector: of the query, so that similarities can be given too.
        """
        columns = [*self._read, "vector", "_score"]
        with self._store_errors(where):
            found = lance_query.answer(self.table, Question(columns, k, where, words=query))
        scores = found["_score"].to_numpy()
        matrix = restored(found["vector"])
        if vector is not None and len(matrix):
            own = vectors.similarity(vector, matrix, self.manifest.similarity)[0]
        else:
            own = np.full(len(matrix), np.nan, np.float32)
        hits = [
            replace(hit, score=float(score), measure="bm25")
            for hit, score in zip(self._hits(found, own, "bm25"), scores, strict=True)
        ]
        return [Candidate(hit, row) for hit, row in zip(hits, matrix, strict=True)]

    def ranked(
        self, words: str, vector: NDArray[np.float32], k: int, where: str | None = None
    ) -> tuple[Ranked, Ranked]:
        """The k chunks nearest to a vector, and the k with the highest BM25 score.

        Only what orders them is read: `candidates` reads the few that are shown.

        Args:
            words: any of them may match.
            vector: of the query, float32 `[d]`.
            k: how many of each.
            where: an SQL condition.
        """
        measure = self.manifest.similarity
        by_words = Question(["vector", "_score"], k, where, words=words, row_ids=True)
        if self.manifest.storage == "int8":
            best = nearest(self._blocks, vector[np.newaxis], k, measure, self._allowed(where))
            row_ids, near = best.row_ids[0], best.scores[0]
            with self._store_errors(where):
                found = lance_query.answer(self.table, by_words)
        else:
            by_vector = vector_question(
                vector, k, self.manifest.index, measure=measure, where=where, row_ids=True
            )
            with self._store_errors(where):
                first, found = lance_query.answers(self.table, [by_vector, by_words])
            row_ids = first["_rowid"].to_numpy()
            near = similarities(first["_distance"].to_numpy(), measure)
        matrix = restored(found["vector"])
        own = vectors.similarity(vector, matrix, measure)[0] if len(matrix) else near[:0]
        scores = found["_score"].to_numpy().astype(np.float32)
        return Ranked(row_ids, near, near), Ranked(found["_rowid"].to_numpy(), scores, own)

    def candidates(
        self, row_ids: NDArray[np.uint64], similarities: NDArray[np.float32]
    ) -> list[Candidate]:
        """Chunks by the store's numbers of their rows, in this order.

        Args:
            row_ids: uint64 `[n]`.
            similarities: to the query, float32 `[n]`.
        """
        if not len(row_ids):
            return []
        with self._store_errors(None):
            found = self._take(row_ids, [*self._read, "vector"])
        return self._candidates(found.append_column("similarity", [similarities]))

    def get(self, ids: Sequence[str]) -> list[Candidate]:
        """Chunks by their ids, in the order of the ids; a record's id means its first chunk.

        Raises:
            RecordNotFoundError: there is none of some id.
        """
        if not ids:
            return []
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in ids)
        where = f"id IN ({listed}) OR (record IN ({listed}) AND passage = 0)"
        with self._store_errors(where):
            question = Question([*self._read, "vector"], where=where)
            found = lance_query.answer(self.table, question)
        unknown = np.full(len(found), np.nan, np.float32)
        hits = self._hits(found, unknown, "")
        there = {
            name: Candidate(hit, row)
            for hit, row in zip(hits, restored(found["vector"]), strict=True)
            for name in (hit.record, hit.id)
        }
        missing = [name for name in ids if name not in there]
        if missing:
            raise RecordNotFoundError(
                f"the collection {self.name!r} has no record {missing[0]!r}",
                hint="a search shows the id of each hit",
            )
        return [there[name] for name in ids]

    def browse(self, offset: int, k: int, where: str | None = None) -> list[Hit]:
        """Records in the order of the store, each as its first chunk."""
        condition = f"passage = 0 AND {where}" if where else "passage = 0"
        with self._store_errors(where):
            question = Question(self._read, k, condition, offset=offset)
            found = lance_query.answer(self.table, question)
        return self._hits(found, np.full(len(found), np.nan, np.float32), "")

    def stored(self, where: str | None = None) -> StoredChunks:
        """Chunks with their vectors, in the order of the store."""
        with self._store_errors(where):
            question = Question([*self._read, "vector"], where=where)
            found = lance_query.answer(self.table, question)
        hits = self._hits(found, np.full(len(found), np.nan, np.float32), "")
        return StoredChunks(tuple(hits), restored(found["vector"]))

    def count(self, where: str | None = None) -> int:
        """How many records meet a condition."""
        with self._store_errors(where):
            return int(
                self.table.count_rows(f"passage = 0 AND {where}" if where else "passage = 0")
            )

    def facets(self, top: int, where: str | None = None) -> tuple[Facet, ...]:
        """The columns of the records that meet a condition, in figures."""
        with self._store_errors(where):
            return facets(self.table, where, top)

    def percentile(self, similarity: float) -> float | None:
        """Its place among random pairs, 0 to 100; None where there is no distribution."""
        known = self.manifest.distribution
        return known.percentile(similarity) if known else None

    def _candidates(self, table: Any) -> list[Candidate]:
        matrix = restored(table["vector"])
        hits = self._hits(table, table["similarity"].to_numpy(), self.manifest.similarity)
        return [Candidate(hit, row) for hit, row in zip(hits, matrix, strict=True)]

    def _nearest(
        self, query: NDArray[np.float32], k: int, where: str | None, columns: list[str]
    ) -> Any:
        """Rows with a column `similarity`, nearest first."""
        measure = self.manifest.similarity
        if self.manifest.storage == "int8":
            return self._flat_search(query, k, where, columns)
        question = vector_question(
            query, k, self.manifest.index, measure=measure, columns=columns, where=where
        )
        with self._store_errors(where):
            found = lance_query.answer(self.table, question)
        scores = similarities(found["_distance"].to_numpy(), measure)
        return found.append_column("similarity", [scores])

    def _flat_search(
        self, query: NDArray[np.float32], k: int, where: str | None, columns: list[str]
    ) -> Any:
        allowed = self._allowed(where)
        best = nearest(self._blocks, query[np.newaxis], k, self.manifest.similarity, allowed)
        found = self._take(best.row_ids[0], columns)
        return found.append_column("similarity", [best.scores[0]])

    def _allowed(self, where: str | None) -> NDArray[np.uint64] | None:
        """The rows that meet a condition, ascending; None without one."""
        if not where:
            return None
        with self._store_errors(where):
            rows = self.table.search().where(where).select(["line"]).with_row_id(True)
            allowed: NDArray[np.uint64] = np.sort(rows.to_arrow()["_rowid"].to_numpy())
        return allowed

    def _take(self, row_ids: NDArray[np.uint64], columns: list[str]) -> Any:
        """Rows by the store's numbers, in their order."""
        found = self.table.take_row_ids(row_ids.tolist()).select(columns).with_row_id().to_arrow()
        place = {row_id: n for n, row_id in enumerate(found["_rowid"].to_pylist())}
        return found.take([place[row_id] for row_id in row_ids.tolist()])

    def _hits(self, table: Any, scores: NDArray[np.float32], measure: str) -> list[Hit]:
        given = [name for name in self._read if name not in OWN]
        columns = {name: table[name].to_pylist() for name in self._read}
        pairs = self.manifest.distribution.pairs if self.manifest.distribution else 0
        hits = []
        for n, score in enumerate(scores.tolist()):
            known = not math.isnan(score)
            fields = {name: columns[name][n] for name in given if columns[name][n] is not None}
            hits.append(
                Hit(
                    id=columns["id"][n],
                    text=columns["text"][n],
                    score=score if known else 0.0,
                    measure=measure,
                    similarity=score if known else None,
                    percentile=self.percentile(score) if known else None,
                    pairs=pairs,
                    title=columns["title"][n] or "",
                    source=columns["source"][n],
                    line=columns["line"][n],
                    chunk=columns["passage"][n],
                    chunks=columns["passages"][n],
                    fields=MappingProxyType(fields),
                )
            )
        return hits

    @contextmanager
    def _store_errors(self, where: str | None) -> Iterator[None]:
        """Tell a condition that the store refuses from files that it cannot read."""
        what = f"the collection {self.name!r} cannot be read"
        hint = f"check the store and the disk; where files are damaged, {repair(self.name)}"
        with store_errors(what, hint):
            if where is None:
                yield
                return
            with store_errors(
                f"cannot search by the condition {where!r}",
                hint="an SQL condition such as \"year > 2020 AND lang = 'en'\"; the columns: "
                + ", ".join(self.columns),
                kind=InputError,
                only=("Invalid input", "panicked"),
            ):
                yield
