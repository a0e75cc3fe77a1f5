"""Synchronize the rows of a collection with its sources: encode what is new, drop what is gone.

Vectors are written by a thread of their own while the next are computed. Each commit holds whole
records, so that a run that is stopped leaves no duplicates, and the next run continues after it.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise.collections.contract import Model
from likewise.collections.schema import Identities, StoredRow, batch, field_types, rows_of
from likewise.collections.store import store_errors
from likewise.collections.version_guard import VersionGuard, drop_duplicate_rows
from likewise.data.chunking import Chunk
from likewise.data.records import Record
from likewise.extras import require
from likewise.progress import Progress

if TYPE_CHECKING:
    from lancedb.table import Table

COMMIT_ROWS = 16_384
"""Rows written together: few files, yet little to lose."""

COMMIT_SECONDS = 3.0
"""Vectors that have waited so long are written with the next part, however few they are."""

PART_SECONDS = 2.0
"""Time that the model computes before it returns vectors, at any speed."""

Split = Callable[[Iterable[Record]], Iterator[Chunk]]
"""Records in chunks, in their order."""


@dataclass
class Changes:
    """What a run has found and done so far."""

    added: int = 0
    removed: int = 0
    unchanged: int = 0
    moved: int = 0
    blank: int = 0
    cut: int = 0
    misfits: Counter[str] = field(default_factory=Counter)
    sources: tuple[str, ...] = ()


class KnownRecords:
    """The records that a collection has: which of them its sources still hold, and where.

    Attributes:
        moved: the current line of records that were on another one.
        doubled: whether some are there twice, which two writers can bring about.
    """

    def __init__(self, table: Table) -> None:
        names: dict[str, int] = {}
        keys, lines, sources = [], [], []
        query = table.search().where("passage = 0").select(["record", "line", "source"])
        for part in query.to_batches(batch_size=65_536):
            ids = "".join(part["record"].to_pylist())
            keys.append(np.frombuffer(bytes.fromhex(ids), ">u8").astype(np.uint64))
            lines.append(part["line"].to_numpy())
            coded = part["source"].dictionary_encode()
            local = [names.setdefault(name, len(names)) for name in coded.dictionary.to_pylist()]
            sources.append(np.array(local, np.int32)[coded.indices.to_numpy()])
        key = np.concatenate(keys) if keys else np.empty(0, np.uint64)
        order = np.argsort(key)
        self._keys = key[order]
        self._lines = (np.concatenate(lines) if lines else np.empty(0, np.int64))[order]
        self._sources = (np.concatenate(sources) if sources else np.empty(0, np.int32))[order]
        self._names = list(names)
        self._seen = np.zeros(len(key), np.bool_)
        self.doubled = bool((self._keys[1:] == self._keys[:-1]).any())
        self.moved: dict[str, int] = {}

    def find(self, record: str, line: int) -> bool:
        """Whether a record is here already; it is then seen, on this line."""
        if not len(self._keys):
            return False
        key = np.uint64(int(record, 16))
        place = int(np.searchsorted(self._keys, key))
        if place == len(self._keys) or self._keys[place] != key:
            return False
        self._seen[place] = True
        if self._lines[place] != line:
            self.moved[record] = line
        return True

    def gone(self, is_complete: Callable[[str], bool]) -> list[str]:
        """Records that were not seen, of the sources that were read to their end."""
        over = np.array([is_complete(name) for name in self._names], np.bool_)
        if not len(self._keys):
            return []
        return [f"{key:016x}" for key in self._keys[~self._seen & over[self._sources]].tolist()]


class CollectionWriter:
    """Commits rows in a thread while the next are computed.

    After a commit that failed nothing more is written: each call raises its error.

    Attributes:
        added: rows committed.
        misfits: values that did not fit, by column.
        guard: detects commits of other writers.
    """

    def __init__(self, table: Table, on_commit: Callable[[int], None]) -> None:
        self._table, self._on_commit = table, on_commit
        self.guard = VersionGuard(table)
        self._rows: list[StoredRow] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._since = time.monotonic()
        self.added = 0
        self.misfits: Counter[str] = Counter()
        self._thread = ThreadPoolExecutor(1, "likewise-writer")
        self._pending: Future[None] | None = None

    def put(self, rows: Sequence[StoredRow], vectors: NDArray[np.float32]) -> None:
        """Take some rows; commit when they are many, or have waited long."""
        self._rows += rows
        self._vectors.append(vectors)
        waited = time.monotonic() - self._since
        if len(self._rows) >= COMMIT_ROWS or waited >= COMMIT_SECONDS:
            self._hand_over()

    def close(self) -> None:
        """Commit what is left, as far as records are whole, and end the thread."""
        try:
            self._hand_over()
            self._finish_pending()
        finally:
            self._thread.shutdown()

    def _hand_over(self) -> None:
        """Whole records go; the chunks of one that is not finished stay."""
        self._finish_pending()
        whole = next((n for n in range(len(self._rows), 0, -1) if self._rows[n - 1].last), 0)
        self._since = time.monotonic()
        if not whole:
            return
        vectors = np.concatenate(self._vectors)
        self._pending = self._thread.submit(self._commit, self._rows[:whole], vectors[:whole])
        self._rows, self._vectors = self._rows[whole:], [vectors[whole:]]

    def _finish_pending(self) -> None:
        """Wait for the running commit; raises its error on every call."""
        if self._pending is not None:
            self._pending.result()

    def _commit(self, rows: Sequence[StoredRow], vectors: NDArray[np.float32]) -> None:
        with store_errors("cannot write the collection", "check the disk; then go on"):
            self._add_columns(field_types(rows, self._table.schema.names))
            made = batch(rows, vectors, self._table.schema)
            with self.guard.commit():
                self._table.add(made.table)
        self.added += len(rows)
        self.misfits.update(made.misfits)
        self._on_commit(self.added)

    def _add_columns(self, kinds: Mapping[str, str]) -> None:
        if kinds:
            arrow: Any = require("pyarrow", "store")
            columns = [arrow.field(n, arrow.type_for_alias(kind)) for n, kind in kinds.items()]
            with self.guard.commit():
                self._table.add_columns(arrow.schema(columns))


def synchronize(
    table: Table,
    model: Model,
    records: Iterable[Record],
    *,
    split: Split,
    chunking: str = "",
    is_complete: Callable[[str], bool] | None = None,
    progress: Progress | None = None,
) -> Changes:
    """Write new records, drop those that are no longer in their sources, update those that moved.

    Args:
        table: the collection's, at its latest version; the caller holds the lock.
        model: makes the vectors.
        records: what the sources hold now, each source from beginning to end.
        split: records in chunks.
        chunking: how they are split, as text; part of a record's identity.
        is_complete: whether all records of a source were given, called when all are read; when
            not given, true of every source that a record names.
        progress: called with the number of records that are finished.
    """
    bar = progress or Progress()
    known, changes, identities = KnownRecords(table), Changes(), Identities(chunking)
    if known.doubled:
        drop_duplicate_rows(table)
        known = KnownRecords(table)
    waiting: deque[StoredRow] = deque()
    keys: deque[str] = deque()
    seen_sources: dict[str, None] = {}

    def new() -> Iterator[Record]:
        for record in records:
            seen_sources.setdefault(record.source)
            if not record.text.strip():
                changes.blank += 1
                bar(1)
                continue
            key = identities.of(record, record.source)
            if known.find(key, record.line):
                changes.unchanged += 1
                bar(1)
                continue
            keys.append(key)
            yield record

    def texts() -> Iterator[str]:
        for chunks in _by_record(split(new())):
            rows = rows_of(keys.popleft(), chunks)
            waiting.extend(rows)
            yield from (row.read for row in rows)

    writer = CollectionWriter(table, lambda rows: bar.message(f"{rows:,} written"))
    try:
        prompt = model.role_prompt("document")
        for part in model.encode_stream(texts(), prompt_name=prompt, seconds=PART_SECONDS):
            rows = [waiting.popleft() for _ in part.texts]
            changes.cut += int((part.kept < part.seen).sum())
            writer.put(rows, part.vectors)
            bar(sum(row.last for row in rows))
    finally:
        writer.close()  # after Ctrl-C too: what was computed is written
        changes.added, changes.misfits = writer.added, writer.misfits
    changes.sources = tuple(source for source in seen_sources if source)
    writer.guard.check()
    gone = known.gone(is_complete or frozenset(changes.sources).__contains__)
    with store_errors("cannot write the collection"):
        changes.removed = remove_records(table, gone)
        changes.moved = _move(table, known.moved)
    return changes


def remove_records(table: Table, records: Sequence[str]) -> int:
    """Delete records by their ids; gives the number of chunks that went."""
    before = table.count_rows()
    for start in range(0, len(records), 10_000):
        listed = ", ".join(f"'{record}'" for record in records[start : start + 10_000])
        table.delete(f"record IN ({listed})")
    return before - table.count_rows()


def _move(table: Table, moved: dict[str, int]) -> int:
    """Write the current lines of records."""
    arrow: Any = require("pyarrow", "store")
    items = list(moved.items())
    for start in range(0, len(items), 65_536):
        part = items[start : start + 65_536]
        wanted = dict(part)
        rows = table.search().select(["id", "record"]).where("passages > 1").to_arrow()
        ids = {record: [record] for record in wanted}
        for name, record in zip(rows["id"].to_pylist(), rows["record"].to_pylist(), strict=True):
            if record in wanted:
                ids[record] = [n for n in ids[record] if n != record] + [name]
        flat = [(name, wanted[record]) for record, names in ids.items() for name in names]
        update = arrow.table(
            {
                "id": arrow.array([name for name, _ in flat], arrow.string()),
                "line": arrow.array([line for _, line in flat], arrow.int64()),
            }
        )
        table.merge_insert("id").when_matched_update_all().execute(update)
    return len(items)


def _by_record(chunks: Iterable[Chunk]) -> Iterator[list[Chunk]]:
    """The chunks of one record after the other."""
    together: list[Chunk] = []
    for chunk in chunks:
        if chunk.number == 0 and together:
            yield together
            together = []
        together.append(chunk)
    if together:
        yield together
