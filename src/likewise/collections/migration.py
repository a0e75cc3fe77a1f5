"""Another model for a collection: its chunks are encoded again beside it, compared, then switched.

The new vectors are a table of their own, with all columns, so that both can be searched. The
collection is not touched until the switch, which is one commit: the rows with the new vectors and
the new description replace the old ones as a new version of the same table. The earlier version
stays in the log, and undo brings it back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from likewise.collections.collection import Collection
from likewise.collections.contract import Index, Model, Run
from likewise.collections.finish_run import finish_run
from likewise.collections.manifest import KEY, Manifest, read_manifest
from likewise.collections.off_topic_calibration import pseudo_questions, sample_texts
from likewise.collections.open_collection import check_storable, open_migration
from likewise.collections.schema import stored
from likewise.collections.store import store_errors
from likewise.collections.sync import COMMIT_ROWS, COMMIT_SECONDS, PART_SECONDS, Changes
from likewise.collections.version_guard import VersionGuard, drop_duplicate_rows
from likewise.data.chunking import chunk_titles, with_title
from likewise.data.records import Record
from likewise.errors import CollectionError, FingerprintError
from likewise.extras import require
from likewise.progress import Progress

if TYPE_CHECKING:
    from lancedb.table import Table

READ_ROWS = 1024
"""Rows of the collection that are read together."""

LISTED = 10_000
"""Ids named in one condition."""


@dataclass(frozen=True)
class Reencoded:
    """What `Migration.encode` did.

    Attributes:
        encoded: chunks that were encoded.
        present: chunks that had their new vectors already.
        cut: texts longer than the new model reads whose ends were cut.
    """

    encoded: int
    present: int
    cut: int


class Migration:
    """The change of a collection to another model.

    Args:
        collection: at its latest state.
        model: the new model.

    Raises:
        CollectionError: a migration to yet another model is under way.
        InputError: vectors of this model cannot be stored as those of the collection are.
    """

    def __init__(self, collection: Collection, model: Model) -> None:
        self._collection, self._model = collection, model
        self._store, self._name = collection.store, collection.name
        check_storable(model, collection.manifest.storage)
        table = self._companion()
        if table is not None and self.half_switched is None:
            known = read_manifest(table, self._name)
            if known.fingerprint != model.fingerprint:
                raise CollectionError(
                    f"{self._name!r} is being migrated to {known.model}, not to {model.name}",
                    hint=f"finish that, or discard it: likewise collections migrate {self._name} "
                    "--discard",
                )

    @property
    def half_switched(self) -> bool | None:
        """Whether a switch was stopped before its end; None where the model is not the new one."""
        if self._collection.manifest.fingerprint != self._model.fingerprint:
            return None
        return not self._collection.summary().whole

    @property
    def pending(self) -> bool:
        """Whether a switch was stopped after the rows were replaced, and has to be finished."""
        half = self.half_switched
        return half is True or (half is False and self._companion() is not None)

    @property
    def candidate(self) -> Collection:
        """The collection with the new vectors, to be searched.

        Raises:
            InputError: nothing was encoded yet.
        """
        return open_migration(self._store, self._name, model=self._model)

    def encode(self, progress: Progress | None = None) -> Reencoded:
        """Encode what has no new vector yet; if it is stopped, the same call continues.

        Args:
            progress: called with the number of chunks that are finished.

        Raises:
            CollectionError: another process is migrating it, or the disk refuses.
        """
        if self._collection.manifest.fingerprint == self._model.fingerprint:
            raise FingerprintError(
                f"{self._name!r} has vectors of {self._model.name} already",
                hint="choose another model with --to",
            )
        with self._store.writing(self._name, "migration"):
            self._collection.refresh()
            done = self._encode(progress or Progress())
            table = self._companion()
            assert table is not None
            with store_errors(f"cannot index the new vectors of {self._name!r}"):
                finish_run(
                    table, self._name, Changes(added=done.encoded), model=self._model,
                    resumed=True, progress=progress,
                )  # fmt: skip
        return done

    def switch(self, progress: Progress | None = None) -> Run:
        """Make the new vectors those of the collection; undo brings the old ones back.

        What the collection has gained or lost since `encode` is brought up to date first.

        Args:
            progress: shown the steps.

        Raises:
            CollectionError: another process is writing the collection, or the disk refuses.
        """
        bar = progress or Progress()
        with self._store.writing(self._name):
            self._collection.refresh()
            if self.half_switched is False:  # stopped after its last commit
                self._store.remove_companion(self._name, "migration")
                return self._collection.log()[-1]
            if self.half_switched is None:
                with self._store.writing(self._name, "migration"):
                    self._encode(bar)
                    self._overwrite(bar)
            self._collection.refresh()
            table = self._collection._table
            finish_run(
                table, self._name, Changes(added=table.count_rows()), model=self._model,
                resumed=False, progress=bar, action="migrate",
            )  # fmt: skip
            self._store.remove_companion(self._name, "migration")
        self._collection.refresh()
        return self._collection.log()[-1]

    def _companion(self) -> Table | None:
        return self._store.companion(self._name, "migration")

    def _manifest(self) -> Manifest:
        """The collection's description with the new model."""
        model, now = self._model, self._collection.manifest
        size = min(now.chunk_tokens, model.max_seq_length)
        return replace(
            now, model=model.reference, fingerprint=model.fingerprint, compute=model.compute,
            dimension=model.dimension, similarity=model.similarity_fn_name, chunk_tokens=size,
            overlap=min(now.overlap, size // 2), distribution=None, calibrations={},
            index=Index(asked=now.index.asked, target=now.index.target),
        )  # fmt: skip

    def _schema(self, manifest: Manifest) -> Any:
        """The collection's columns, with vectors of the new model."""
        arrow: Any = require("pyarrow", "store")
        now = self._collection._table.schema
        place = now.get_field_index("vector")
        kind = arrow.list_(now.field(place).type.value_type, manifest.dimension)
        return now.set(place, arrow.field("vector", kind, metadata={KEY: manifest.dumps()}))

    def _encode(self, bar: Progress) -> Reencoded:
        source = self._collection._table
        fresh = replace(self._manifest(), runs=())
        table = self._store.companion(self._name, "migration", schema=partial(self._schema, fresh))
        assert table is not None
        writer = _Writer(table, source.schema)
        there = _ids(table)
        wanted = set(_ids(source))
        if len(there) != len(set(there)):  # two writers on an object store
            drop_duplicate_rows(table)
        writer.remove(sorted(set(there) - wanted))
        known = wanted & set(there)
        bar(len(known))
        waiting: deque[Any] = deque()
        cut = 0
        prompt = self._model.role_prompt("document")
        texts = self._texts(source, known, waiting)
        try:
            for part in self._model.encode_stream(texts, prompt_name=prompt, seconds=PART_SECONDS):
                cut += int((part.kept < part.seen).sum())
                writer.put([waiting.popleft() for _ in part.texts], part.vectors)
                bar(len(part.texts))
                bar.message(f"{writer.added:,} written")
        finally:
            writer.commit()  # after Ctrl-C too: what was computed is written
        return Reencoded(writer.added, len(known), cut)

    def _texts(self, source: Table, known: set[str], waiting: deque[Any]) -> Iterator[str]:
        """What the model reads of each chunk that is not known; its row waits for the vector."""
        columns = [name for name in source.schema.names if name != "vector"]
        for part in source.search().select(columns).to_batches(batch_size=READ_ROWS):
            rows = [row for row in part.to_pylist() if row["id"] not in known]
            records = [Record(row["text"], title=row["title"] or "") for row in rows]
            titles = chunk_titles(
                records, [row["passages"] == 1 for row in rows], lambda: self._model,
                min(self._collection.manifest.chunk_tokens, self._model.max_seq_length),
            )  # fmt: skip
            for row, title in zip(rows, titles, strict=True):
                waiting.append(row)
                yield with_title(title, row["text"])

    def _overwrite(self, bar: Progress) -> None:
        """Replace the rows of the collection: one commit, with the new description."""
        source = self._collection._table
        candidate = self._companion()
        assert candidate is not None
        manifest = self._manifest()
        schema = self._schema(manifest)
        arrow: Any = require("pyarrow", "store")
        guard = VersionGuard(source)
        bar.message("replacing the vectors")
        rows = arrow.RecordBatchReader.from_batches(schema, _joined(source, candidate, schema))
        with store_errors(f"cannot migrate {self._name!r}"), guard.commit():
            source.add(rows, mode="overwrite")


class _Writer:
    """Commits rows with their new vectors, some thousands or some seconds at a time."""

    def __init__(self, table: Table, source: Any) -> None:
        self._table, self._guard = table, VersionGuard(table)
        self._rows: list[dict[str, Any]] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._since = time.monotonic()
        self.added = 0
        self._add_columns([field for field in source if field.name not in table.schema.names])

    def put(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None:
        """Take some rows; commit when they are many, or have waited long."""
        self._rows += rows
        self._vectors.append(vectors)
        waited = time.monotonic() - self._since
        if len(self._rows) >= COMMIT_ROWS or waited >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write what is here."""
        self._since = time.monotonic()
        if not self._rows:
            return
        arrow: Any = require("pyarrow", "store")
        schema = self._table.schema
        place = schema.get_field_index("vector")
        kind = schema.field(place).type
        plain = arrow.Table.from_pylist(self._rows, schema=schema.remove(place))
        numbers = stored(np.concatenate(self._vectors), str(kind.value_type)).ravel()
        flat = arrow.array(numbers, kind.value_type)
        column = arrow.FixedSizeListArray.from_arrays(flat, kind.list_size)
        with (
            store_errors("cannot write the new vectors", "check the disk; then go on"),
            self._guard.commit(),
        ):
            self._table.add(plain.add_column(place, schema.field(place), column))
        self.added += len(self._rows)
        self._rows, self._vectors = [], []

    def remove(self, ids: Sequence[str]) -> None:
        """Delete rows that the collection no longer has."""
        for start in range(0, len(ids), LISTED):
            listed = ", ".join(f"'{each}'" for each in ids[start : start + LISTED])
            with self._guard.commit():
                self._table.delete(f"id IN ({listed})")

    def _add_columns(self, fields: Sequence[Any]) -> None:
        if fields:
            arrow: Any = require("pyarrow", "store")
            with self._guard.commit():
                self._table.add_columns(arrow.schema(list(fields)))


def discard(collection: Collection) -> bool:
    """Delete the new vectors of a migration that was not switched; False where there are none."""
    store, name = collection.store, collection.name
    if store.companion(name, "migration") is None:
        return False
    with store.writing(name, "migration"):
        store.remove_companion(name, "migration")
    return True


def chunks_of(collection: Collection, texts: Iterable[str]) -> dict[str, str]:
    """Ids of the chunks that have these texts, with or without their title, by the text."""
    wanted = {text.strip(): text for text in texts}
    found: dict[str, str] = {}
    table = collection._table
    for part in table.search().select(["id", "text", "title"]).to_batches(batch_size=READ_ROWS):
        for row in part.to_pylist():
            for text in (row["text"], with_title(row["title"] or "", row["text"])):
                if (given := wanted.get(text.strip())) is not None:
                    found.setdefault(given, row["id"])
    return found


def trial_queries(collection: Collection, count: int) -> list[str]:
    """Sentences of a collection with half of their words; chunks where no sentence is long."""
    sample = sample_texts(collection._table)
    return pseudo_questions(sample, count=count) or sample[:count]


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """The share of the hits of two searches that both have, by the longer one; 1 for no hits."""
    longest = max(len(first), len(second))
    return len(set(first) & set(second)) / longest if longest else 1.0


def _ids(table: Table) -> list[str]:
    return [
        each
        for part in table.search().select(["id"]).to_batches(batch_size=65_536)
        for each in part["id"].to_pylist()
    ]


def _joined(source: Table, candidate: Table, schema: Any) -> Iterator[Any]:
    """The rows of the collection with the vectors of the candidate, in parts."""
    arrow: Any = require("pyarrow", "store")
    numbers: dict[str, int] = {}
    for part in candidate.search().select(["id"]).with_row_id(True).to_batches():
        numbers.update(zip(part["id"].to_pylist(), part["_rowid"].to_pylist(), strict=True))
    columns = [name for name in schema.names if name != "vector"]
    place = schema.get_field_index("vector")
    for part in source.search().select(columns).to_batches(batch_size=READ_ROWS):
        wanted = [numbers[each] for each in part["id"].to_pylist()]
        taken = cast(Any, candidate).take_row_ids(wanted).select(["vector"]).with_row_id()
        found = taken.to_arrow()
        order = {row_id: n for n, row_id in enumerate(found["_rowid"].to_pylist())}
        vectors = found["vector"].take(arrow.array([order[each] for each in wanted]))
        rows = arrow.Table.from_batches([part]).select(columns)
        rows = rows.add_column(place, schema.field(place), vectors)
        yield from rows.cast(schema).to_batches()
