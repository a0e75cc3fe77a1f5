"""A collection: records indexed on disk, kept in step with their sources, searched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from likewise.collections import history, tuning
from likewise.collections.answers import NEAR, Answer, answer
from likewise.collections.condition import checked
from likewise.collections.contract import MODES, Hit, Indexed, Mode, Model, Run, Scorer, Summary
from likewise.collections.explain import with_best_sentences
from likewise.collections.finish_run import finish_run
from likewise.collections.manifest import Manifest, read_manifest
from likewise.collections.recommend import Recommended, recommend
from likewise.collections.search import Snapshot, SnapshotQuery, run_search
from likewise.collections.search import by_document as grouped
from likewise.collections.store import Store
from likewise.collections.sync import Changes, remove_records, synchronize
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.progress import Progress

if TYPE_CHECKING:
    from lancedb.table import Table


class Collection:
    """An open collection, as it was when it was opened or last changed by this object.

    Attributes:
        name: its name.
        store: where it lies.
        as_of: the run whose state is open; None for the latest, the only one that can be changed.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        table: Table,
        *,
        model: Model | None = None,
        as_of: Run | None = None,
    ) -> None:
        self.store, self.name, self.as_of = store, name, as_of
        self._table = table
        self._model = model
        self._view = Snapshot(name, table, read_manifest(table, name))
        if model is not None:
            self.manifest.check(name, model.name, model.fingerprint)

    def __len__(self) -> int:
        """Passages in it."""
        with self.store.reading(self.name):
            return int(self._table.count_rows())

    def __repr__(self) -> str:
        return f"Collection({self.name!r}, {len(self):,} passages, {self.manifest.model})"

    @property
    def manifest(self) -> Manifest:
        """Its description of itself."""
        return self._view.manifest

    @property
    def model(self) -> Model:
        """The model that made its vectors, loaded when it is first needed.

        Raises:
            FingerprintError: its files are not what they were.
        """
        if self._model is None:
            import likewise

            loaded = likewise.load(self.manifest.model, compute=self.manifest.compute)
            self.manifest.check(self.name, loaded.name, loaded.fingerprint)
            self._model = loaded
        return self._model

    def summary(self) -> Summary:
        """It in figures.

        Raises:
            DamagedCollectionError: its files are not what they were.
        """
        manifest, passages = self.manifest, len(self)
        with self.store.reading(self.name):
            records = int(self._table.count_rows("passage = 0"))
            whole = history.is_whole(self._table, manifest)
        return Summary(
            name=self.name,
            model=manifest.model,
            compute=manifest.compute,
            dimension=manifest.dimension,
            storage=manifest.storage,
            records=records,
            passages=passages,
            index=manifest.index,
            runs=len(manifest.runs),
            updated=manifest.runs[-1].time if manifest.runs else "",
            whole=whole,
            columns=tuple(self._view.columns),
        )

    # changing

    def add(
        self,
        records: Iterable[Record | str],
        *,
        covered: Callable[[str], bool] | None = None,
        kind: str | None = None,
        target: float | None = None,
        progress: Progress | None = None,
    ) -> Indexed:
        """Bring it to what the sources of these records say now.

        Only what is new or changed is encoded. Of every named source all records must be given:
        those that are missing are dropped. Records and texts without a source are only added.
        Stopped in whatever way, the same call goes on where it was.

        Args:
            records: records or plain texts, read once.
            covered: of which sources all records have come, asked when all are read; when not
                given, of all that any record names.
            kind: of index: `auto` (exact while small, then `ivf_rq`), `exact`, `ivf_rq`,
                `hnsw_sq` or `hnsw_pq`; when not given, what was asked for last, at first `auto`.
            target: share of the ten nearest that a search has to find; when not given, what was
                asked for last, at first `tuning.TARGET`.
            progress: told of records that are finished.

        Raises:
            CollectionError: another process is writing it, or the disk refuses.
            FingerprintError: the model is not the one that made it.
            InputError: an unknown kind; or this is the state of an earlier time.
        """
        started = time.perf_counter()
        tuning.choose(0, kind or "auto", self.manifest.storage)
        with self._writing():
            whole = history.is_whole(self._table, self.manifest)
            changes = synchronize(
                self._table, self.model, map(_as_record, records),
                split=partial(self.manifest.split, splitter=self.model),
                manner=self.manifest.manner, covered=covered, progress=progress,
            )  # fmt: skip
            encoded = time.perf_counter()
            manifest = finish_run(
                self._table, self.name, changes, kind, target, resumed=not whole, progress=progress
            )
        self._view = Snapshot(self.name, self._table, manifest)
        return Indexed(
            added=changes.added,
            removed=changes.removed,
            unchanged=changes.unchanged,
            moved=changes.moved,
            records=self._table.count_rows("passage = 0"),
            passages=len(self),
            blank=changes.blank,
            cut=changes.cut,
            misfits=dict(changes.misfits),
            index=manifest.index,
            seconds=time.perf_counter() - started,
            encoding_seconds=encoded - started,
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Remove the records that these ids belong to; gives the number of passages that went."""
        with self._writing():
            whole = history.is_whole(self._table, self.manifest)
            found = [candidate.hit.record for candidate in self._view.get(ids)]
            changes = Changes(removed=remove_records(self._table, found))
            manifest = finish_run(self._table, self.name, changes, resumed=not whole)
        self._view = Snapshot(self.name, self._table, manifest)
        return changes.removed

    def undo(self) -> Run:
        """Bring back the state before the last change; a second undo goes one change further.

        Raises:
            CollectionError: there is nothing to undo, or that state is no longer kept.
        """
        return self._bring_back("undo")

    def redo(self) -> Run:
        """Bring back what the last undo took.

        Raises:
            CollectionError: nothing was undone last, or that state is no longer kept.
        """
        return self._bring_back("redo")

    def restore(self, number: int) -> Run:
        """Bring back the state after any run of the log; an undo takes that back.

        Raises:
            CollectionError: there is no such run, or its state is no longer kept.
        """
        return self._bring_back("restore", number)

    def target(self, action: Literal["undo", "redo", "restore"], number: int = 0) -> Run:
        """The run whose state an undo, a redo or a restore would bring back.

        Its number is 0 where that is the empty collection.

        Args:
            action: which of them.
            number: of the run to restore.

        Raises:
            CollectionError: there is none, or its state is no longer kept.
        """
        table, manifest = self._table, self.manifest
        with self.store.reading(self.name):
            if action == "undo":
                return history.undo_target(table, manifest, self.name)
            if action == "redo":
                return history.redo_target(table, manifest, self.name)
            return history.restore_target(table, manifest, self.name, number)

    def compact(self) -> Run:
        """Join small files and forget earlier states, which frees disk."""
        with self._writing():
            manifest = history.compact(self._table, self.name)
        self._view = Snapshot(self.name, self._table, manifest)
        return manifest.runs[-1]

    def log(self) -> list[Run]:
        """Its changes, oldest first."""
        return list(self.manifest.runs)

    def refresh(self) -> None:
        """See what others have written since."""
        if self.as_of is None:
            cast(Any, self._table).checkout_latest()
            self._view = Snapshot(self.name, self._table, read_manifest(self._table, self.name))

    # searching

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
    ) -> list[Hit]:
        """Passages that answer a query, best first.

        Args:
            query: the text to look for.
            k: how many.
            mode: `semantic` (by meaning), `keyword` (by words, BM25) or `hybrid` (both orders,
                fused by reciprocal ranks).
            where: an SQL condition on the columns, such as `year > 2020 AND lang = 'en'`.
            diversity: above 0, up to 1: maximal marginal relevance, against near repetitions.
            rerank: another model that puts the best `max(50, 5 k)` in its own order; it reads what
                was encoded, a passage with its title.
            highlight: find the sentence of each passage that is nearest to the query.
            by_document: give the best passage of each of k documents (records), with the number of
                further passages of it among those that were looked at.

        Raises:
            InputError: an empty query, an unknown mode, a bad condition, k below 1.
        """
        _check(k, mode, diversity)
        if not query.strip():
            raise InputError("the query is empty", hint="say in words what to look for")
        wanted = SnapshotQuery(query, k, mode, _condition(where), diversity, rerank, by_document)
        vector = self._query(query) if wanted.needs_vector or highlight else None
        hits = self._found(wanted, vector)
        return (
            with_best_sentences(hits, vector, self.model)
            if vector is not None and highlight
            else hits
        )

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
    ) -> Iterator[list[Hit]]:
        """`search` for each query, in bounded memory: queries are encoded many at a time.

        An empty query among them finds nothing.
        """
        _check(k, mode, diversity)
        condition = _condition(where)
        prompt = self.model.role_prompt("query")
        for part in self.model.encode_stream(queries, prompt_name=prompt):
            for query, vector in zip(part.texts, part.vectors, strict=True):
                wanted = SnapshotQuery(query, k, mode, condition, diversity, rerank, by_document)
                yield self._found(wanted, vector) if query.strip() else []

    def search_vector(
        self, vector: NDArray[np.float32], k: int = 10, *, where: str | None = None
    ) -> list[Hit]:
        """The passages nearest to a vector of the same model, float32 `[d]`."""
        _check(k, "semantic", 0.0)
        return self._view.hits_by_vector(np.asarray(vector, np.float32), k, _condition(where))

    def more_like(
        self, name: str, k: int = 10, *, where: str | None = None, by_document: bool = False
    ) -> list[Hit]:
        """Passages of other records that are nearest to one of this collection.

        Args:
            name: its id; a record's id means its first passage.
            k: how many.
            where: an SQL condition.
            by_document: as in `search`.
        """
        _check(k, "semantic", 0.0)
        [origin] = self._view.get([name])
        others = f"record != '{origin.hit.record}'"
        condition = f"{checked(where)} AND {others}" if where is not None else others

        def search(size: int) -> list[Hit]:
            return self._view.hits_by_vector(origin.vector, size, condition)

        return grouped(k, search) if by_document else search(k)

    def ask(
        self,
        question: str,
        *,
        passages: int = 8,
        quotes: int = 3,
        near: float = NEAR,
        mode: Mode = "semantic",
        where: str | None = None,
        rerank: Scorer | None = None,
    ) -> Answer:
        """Answer a question in the words of the collection.

        Args:
            question: in words.
            passages: how many to look at.
            quotes: how many sentences to give at most.
            near: percentile among random pairs that the best passage must reach to be an answer.
            mode: as in `search`.
            where: an SQL condition.
            rerank: as in `search`.
        """
        hits = self.search(
            question, passages, mode=mode, where=where, rerank=rerank, highlight=True
        )
        return answer(question, hits, near=near, quotes=quotes)

    def recommend(
        self,
        liked: Sequence[str],
        disliked: Sequence[str] = (),
        k: int = 10,
        *,
        where: str | None = None,
    ) -> list[Recommended]:
        """Passages of other records near to what is liked, and not nearer to what is disliked."""
        _check(k, "semantic", 0.0)
        return recommend(self._view, liked, disliked, k, _condition(where))

    def get(self, ids: Sequence[str]) -> list[Hit]:
        """Passages by their ids."""
        return [candidate.hit for candidate in self._view.get(ids)]

    # inside

    def _bring_back(self, action: Literal["undo", "redo", "restore"], number: int = 0) -> Run:
        with self._writing():
            target = self.target(action, number)
            manifest = history.bring_back(self._table, self.name, action, target)
        self._view = Snapshot(self.name, self._table, manifest)
        return manifest.runs[-1]

    def _found(self, wanted: SnapshotQuery, vector: NDArray[np.float32] | None) -> list[Hit]:
        return run_search(self._view, wanted, vector, lambda: self.model)

    def _query(self, query: str) -> NDArray[np.float32]:
        return np.asarray(self.model.encode_query(query), np.float32)

    def _writing(self) -> Any:
        if self.as_of is not None:
            raise InputError(
                f"this is {self.name!r} as of run {self.as_of.number}, which stays as it was",
                hint="open it without as_of to change it",
            )
        return _Writing(self)


class _Writing:
    """The lock, and the latest version under it."""

    def __init__(self, collection: Collection) -> None:
        self._lock = collection.store.writing(collection.name)
        self._collection = collection

    def __enter__(self) -> None:
        self._lock.__enter__()
        self._collection.refresh()

    def __exit__(self, *error: Any) -> None:
        self._lock.__exit__(*error)


def _as_record(record: Record | str) -> Record:
    return Record(record) if isinstance(record, str) else record


def _condition(where: str | None) -> str | None:
    return None if where is None else checked(where)


def _check(k: int, mode: str, diversity: float) -> None:
    if k < 1:
        raise InputError(f"k is {k}, expected at least 1", hint="ask for 1 or more")
    if mode not in MODES:
        raise InputError(f"unknown mode {mode!r}", hint="one of " + ", ".join(MODES))
    if not 0 <= diversity <= 1:
        raise InputError(f"diversity is {diversity}, expected 0 to 1", hint="0.3 is a good start")
