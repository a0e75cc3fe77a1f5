"""What differs between two versions of a collection: records that came, went, or changed.

A record's id is made of its content, so an edited record is one that went and one that came. The
two are taken for one changed record where they stand at the same place of their source, after the
same unchanged record, and their words are similar.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from likewise.collections.contract import Run
from likewise.collections.history import as_of
from likewise.collections.manifest import read_manifest
from likewise.collections.schema import OWN
from likewise.collections.store import Store
from likewise.errors import InputError
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table

SIMILAR = 50.0
"""Least similarity of the words of an edited record, 0 to 100 (`rapidfuzz.fuzz.ratio`)."""

FILES = 50
"""Files that are counted by themselves, those with the most differences."""

_NEAR = 8
"""Records that one that went is compared with: the next that came at its place."""
_PART = 65_536
"""Texts read together."""


@dataclass(frozen=True)
class VersionRecord:
    """A record of a version.

    Attributes:
        id: of the record.
        text: its first chunk.
        title: its title; empty where it has none.
        source: its file.
        line: in the file.
        fields: its other columns, without empty ones.
    """

    id: str
    text: str
    title: str
    source: str
    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class ChangedRecord:
    """A record that both versions have with other content.

    Attributes:
        before: as it was.
        after: as it is.
        columns: what differs: `text`, `title`, or other columns.
    """

    before: VersionRecord
    after: VersionRecord
    columns: tuple[str, ...]


@dataclass(frozen=True)
class FileDifference:
    """The differences of one file.

    Attributes:
        source: the file; empty for records without one.
        added: records that came.
        removed: records that went.
        changed: records that changed.
    """

    source: str
    added: int
    removed: int
    changed: int


@dataclass(frozen=True)
class VersionDifference:
    """What differs between two versions.

    Attributes:
        before: the run of the first version.
        after: the run of the second version.
        added: records that came.
        removed: records that went.
        changed: records that changed.
        unchanged: records that are the same in both.
        files: by file, those with the most differences first.
        examples_added: some that came.
        examples_removed: some that went.
        examples_changed: some that changed.
    """

    before: Run
    after: Run
    added: int
    removed: int
    changed: int
    unchanged: int
    files: tuple[FileDifference, ...]
    examples_added: tuple[VersionRecord, ...]
    examples_removed: tuple[VersionRecord, ...]
    examples_changed: tuple[ChangedRecord, ...]


def compare_versions(
    store: Store, name: str, before: str, after: str | None = None, *, examples: int = 20
) -> VersionDifference:
    """Compare two versions of a collection.

    Args:
        store: where it is stored.
        name: the collection's.
        before: the first version: a number of the log, or a date, as for `as_of`.
        after: the second version; the latest when not given.
        examples: how many records of each kind are given.

    Raises:
        InputError: no such version is stored.
        CollectionNotFoundError: no collection has this name.
        CollectionError: it cannot be read.
    """
    table = store.open(name)
    with store.reading(name):
        manifest = read_manifest(table, name)
        if not manifest.runs:
            raise InputError(f"{name!r} has no finished run yet", hint="index files first")
        first = as_of(table, manifest, before)
        last = as_of(table, manifest, after) if after is not None else manifest.runs[-1]
        old, new = _Version(store, name, first.version), _Version(store, name, last.version)
        return _difference(first, last, old, new, examples)


class _Version:
    """The records of one version, in the order of their files."""

    def __init__(self, store: Store, name: str, version: int) -> None:
        self.table: Table = store.open(name)
        self.table.checkout(version)
        self.fields = [each for each in self.table.schema.names if each not in OWN]
        query = self.table.search().where("passage = 0").select(["record", "source", "line"])
        rows = (
            query.with_row_id(True)
            .to_arrow()
            .sort_by([("source", "ascending"), ("line", "ascending")])
        )
        self.records: list[str] = rows["record"].to_pylist()
        self.sources: list[str] = rows["source"].to_pylist()
        self.row_ids: NDArray[np.uint64] = rows["_rowid"].to_numpy()
        self.places = {record: place for place, record in enumerate(self.records)}

    def read(self, places: Sequence[int]) -> dict[int, VersionRecord]:
        """Records by their places."""
        if not places:
            return {}
        columns = ["text", "title", "record", "source", "line", *self.fields]
        row_ids = self.row_ids[np.asarray(places)].tolist()
        found: dict[int, VersionRecord] = {}
        for row in self.table.take_row_ids(row_ids).select(columns).to_list():
            fields = {each: row[each] for each in self.fields if row[each] is not None}
            found[self.places[row["record"]]] = VersionRecord(
                row["record"], row["text"], row["title"] or "", row["source"], row["line"], fields
            )
        return found

    def texts(self, places: Sequence[int]) -> dict[int, str]:
        """The texts of records by their places."""
        found: dict[int, str] = {}
        for start in range(0, len(places), _PART):
            row_ids = self.row_ids[np.asarray(places[start : start + _PART])].tolist()
            rows = self.table.take_row_ids(row_ids).select(["record", "text"]).to_arrow()
            for record, text in zip(
                *(rows[each].to_pylist() for each in ("record", "text")), strict=True
            ):
                found[self.places[record]] = text
        return found

    def column(self, name: str, places: NDArray[np.int64]) -> Any:
        """A column as text, at these places; null where it is empty or missing."""
        arrow: Any = require("pyarrow", "store")
        if name not in self.fields:
            return arrow.nulls(len(places), arrow.string())
        rows = self.table.search().where("passage = 0").select(["record", name]).to_arrow()
        order = np.empty(len(self.records), np.int64)
        order[[self.places[record] for record in rows["record"].to_pylist()]] = np.arange(len(rows))
        return rows[name].combine_chunks().take(arrow.array(order[places])).cast(arrow.string())


def _difference(
    first: Run, last: Run, old: _Version, new: _Version, examples: int
) -> VersionDifference:
    removed = [place for place, record in enumerate(old.records) if record not in new.places]
    added = [place for place, record in enumerate(new.records) if record not in old.places]
    pairs = _edited(old, new, removed, added)
    tagged = _tagged(old, new)
    edited_before, edited_after = set(pairs), set(pairs.values())
    removed = [place for place in removed if place not in edited_before]
    added = [place for place in added if place not in edited_after]
    changed = [*pairs.items(), *((place, new.places[old.records[place]]) for place in tagged)]
    changed.sort(key=lambda pair: pair[1])
    shown = changed[:examples]
    before = old.read([place for place, _ in shown] + removed[:examples])
    after = new.read([place for _, place in shown] + added[:examples])
    return VersionDifference(
        first, last, len(added), len(removed), len(changed),
        len(new.records) - len(added) - len(changed),
        _by_file(
            (new.sources[place] for place in added), (old.sources[place] for place in removed),
            (new.sources[place] for _, place in changed),
        ),
        tuple(after[place] for place in added[:examples]),
        tuple(before[place] for place in removed[:examples]),
        tuple(_changed(before[place], after[other]) for place, other in shown),
    )  # fmt: skip


def _edited(
    old: _Version, new: _Version, removed: Sequence[int], added: Sequence[int]
) -> dict[int, int]:
    """Places of edited records: before, and after."""
    gone, come = _gaps(old, new, removed), _gaps(new, old, added)
    shared = [gap for gap in gone if gap in come]
    before = old.texts([place for gap in shared for place in gone[gap]])
    after = new.texts([place for gap in shared for place in come[gap]])
    pairs: dict[int, int] = {}
    for gap in shared:
        waiting = list(come[gap])
        for place in gone[gap]:
            scores = [fuzz.ratio(before[place], after[other]) for other in waiting[:_NEAR]]
            best = max(range(len(scores)), key=scores.__getitem__, default=None)
            if best is not None and scores[best] >= SIMILAR:
                pairs[place] = waiting.pop(best)
    return pairs


def _gaps(
    own: _Version, other: _Version, places: Sequence[int]
) -> dict[tuple[str, str], list[int]]:
    """Records by their place: their source, and the last record before them that both have."""
    wanted = set(places)
    gaps: dict[tuple[str, str], list[int]] = defaultdict(list)
    source, last = "", ""
    for place, record in enumerate(own.records):
        if own.sources[place] != source:
            source, last = own.sources[place], ""
        if place in wanted:
            gaps[source, last].append(place)
        elif record in other.places:
            last = record
    return gaps


def _tagged(old: _Version, new: _Version) -> list[int]:
    """Places, in the old version, of records of both whose columns were set by hand."""
    arrow: Any = require("pyarrow", "store")
    compute: Any = require("pyarrow.compute", "store")
    both = [place for place, record in enumerate(old.records) if record in new.places]
    before = np.array(both, np.int64)
    after = np.array([new.places[old.records[place]] for place in both], np.int64)
    differs = np.zeros(len(both), np.bool_)
    for name in dict.fromkeys([*old.fields, *new.fields]):
        one, two = old.column(name, before), new.column(name, after)
        blank = arrow.scalar("\0")  # so that empty equals empty
        differs |= compute.not_equal(
            compute.fill_null(one, blank), compute.fill_null(two, blank)
        ).to_numpy(zero_copy_only=False)
    return [int(place) for place in before[differs]]


def _changed(before: VersionRecord, after: VersionRecord) -> ChangedRecord:
    columns = ["text"] if before.text != after.text else []
    columns += ["title"] if before.title != after.title else []
    names = dict.fromkeys([*before.fields, *after.fields])
    columns += [name for name in names if before.fields.get(name) != after.fields.get(name)]
    return ChangedRecord(before, after, tuple(columns or ["text"]))  # in a later chunk


def _by_file(
    added: Iterable[str], removed: Iterable[str], changed: Iterable[str]
) -> tuple[FileDifference, ...]:
    counts = [Counter(each) for each in (added, removed, changed)]
    total = sum(counts, Counter())
    return tuple(
        FileDifference(source, *(each[source] for each in counts))
        for source, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))[:FILES]
    )
