"""A collection: records indexed on disk, synchronized with their sources, searched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Literal

from likewise.collections import history, tuning
from likewise.collections.contract import Indexed, Run
from likewise.collections.finish_run import finish_run
from likewise.collections.reader import CollectionReader
from likewise.collections.snapshot import Snapshot
from likewise.collections.store import CONFLICTS, store_errors
from likewise.collections.sync import Changes, remove_records, synchronize
from likewise.collections.tags import write_tags
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.progress import Progress


class Collection(CollectionReader):
    """An open collection that can be searched and changed.

    It is seen as it was when it was opened or last changed by this object. Only the latest state
    can be changed: one that was opened with `as_of` is read-only.
    """

    def add(
        self,
        records: Iterable[Record | str],
        *,
        is_complete: Callable[[str], bool] | None = None,
        kind: str | None = None,
        target: float | None = None,
        progress: Progress | None = None,
    ) -> Indexed:
        """Synchronize it with the sources of these records.

        Only what is new or changed is encoded. Of every named source all records must be given:
        those that are missing are dropped. Records and texts without a source are only added.
        If it is stopped, the same call continues there.

        Args:
            records: records or plain texts, read once.
            is_complete: whether all records of a source were given, called when all are read;
                when not given, true of every source that a record names.
            kind: of index: `auto` (exact while small, then `ivf_rq`), `exact`, `ivf_rq`,
                `hnsw_sq` or `hnsw_pq`; when not given, what was asked for last, at first `auto`.
            target: share of the ten nearest that a search has to find; when not given, what was
                asked for last, at first `tuning.TARGET`.
            progress: called with the number of records that are finished.

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
                chunking=self.manifest.chunking, is_complete=is_complete, progress=progress,
            )  # fmt: skip
            encoded = time.perf_counter()
            manifest = finish_run(
                self._table, self.name, changes, kind, target, model=self.model,
                resumed=not whole, progress=progress,
            )  # fmt: skip
        self._snapshot = Snapshot(self.name, self._table, manifest)
        return Indexed(
            added=changes.added,
            removed=changes.removed,
            unchanged=changes.unchanged,
            moved=changes.moved,
            records=self._table.count_rows("passage = 0"),
            chunks=len(self),
            blank=changes.blank,
            cut=changes.cut,
            misfits=dict(changes.misfits),
            index=manifest.index,
            seconds=time.perf_counter() - started,
            encoding_seconds=encoded - started,
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Remove the records that these ids belong to; gives the number of chunks that went."""
        with self._writing():
            whole = history.is_whole(self._table, self.manifest)
            found = [candidate.hit.record for candidate in self._snapshot.get(ids)]
            changes = Changes(removed=remove_records(self._table, found))
            manifest = finish_run(self._table, self.name, changes, resumed=not whole)
        self._snapshot = Snapshot(self.name, self._table, manifest)
        return changes.removed

    def tag(self, column: str, values: Mapping[str, str | None]) -> int:
        """Set a column of text of some records; gives the number of chunks that were changed.

        Args:
            column: its name; it is added where it does not exist.
            values: a value by the id of each record; None removes it.

        Raises:
            InputError: a column that is not made of text, or one that every collection has.
        """
        with self._writing():
            whole = history.is_whole(self._table, self.manifest)
            changes = Changes(moved=write_tags(self._table, column, values))
            manifest = finish_run(
                self._table, self.name, changes, resumed=not whole, action="tag"
            )  # fmt: skip
        self._snapshot = Snapshot(self.name, self._table, manifest)
        return changes.moved

    def undo(self) -> Run:
        """Restore the state before the last change; a second undo goes one change further.

        Raises:
            CollectionError: there is nothing to undo, or that state is no longer stored.
        """
        return self._bring_back("undo")

    def redo(self) -> Run:
        """Restore the state before the last undo.

        Raises:
            CollectionError: nothing was undone last, or that state is no longer stored.
        """
        return self._bring_back("redo")

    def restore(self, number: int) -> Run:
        """Restore the state after any run of the log; an undo reverts that.

        Raises:
            CollectionError: there is no such run, or its state is no longer stored.
        """
        return self._bring_back("restore", number)

    def target(self, action: Literal["undo", "redo", "restore"], number: int = 0) -> Run:
        """The run whose state an undo, a redo or a restore would restore.

        Its number is 0 where that is the empty collection.

        Args:
            action: which of them.
            number: of the run to restore.

        Raises:
            CollectionError: there is none, or its state is no longer stored.
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
        self._snapshot = Snapshot(self.name, self._table, manifest)
        return manifest.runs[-1]

    def _bring_back(self, action: Literal["undo", "redo", "restore"], number: int = 0) -> Run:
        with self._writing():
            target = self.target(action, number)
            manifest = history.bring_back(self._table, self.name, action, target)
        self._snapshot = Snapshot(self.name, self._table, manifest)
        return manifest.runs[-1]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, and see the latest version under it."""
        if self.as_of is not None:
            raise InputError(
                f"this is {self.name!r} as of run {self.as_of.number}, which stays as it was",
                hint="open it without as_of to change it",
            )
        what = f"cannot write the collection {self.name!r}"
        with self.store.writing(self.name), store_errors(what, only=CONFLICTS):
            self.refresh()
            yield


def _as_record(record: Record | str) -> Record:
    return Record(record) if isinstance(record, str) else record
