"""Files into a collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from likewise.collections.contract import Indexed, Model, Storage
from likewise.collections.open_collection import open_collection
from likewise.collections.read_objects import ReadObjects
from likewise.collections.sources import ReadingOptions, Sources, look
from likewise.collections.store import Store
from likewise.data.ranges import file_size
from likewise.data.readers import expand, is_folder, object_address, resolved
from likewise.data.records import OnError, Record, Skipped, Unit, read_records
from likewise.errors import InputError, RecordError
from likewise.progress import MessageCallback, Progress
from likewise.wording import counted

COUNTED_BYTES = 2**30
"""Larger files are not read twice to know how many records there are."""

_SLOW = (".pdf", ".html", ".htm", ".xlsx", ".xlsm")


def index_files(
    paths: Sequence[str | Path],
    name: str,
    model: Model,
    *,
    store: str | Path | None = None,
    column: str | None = None,
    unit: Unit = "auto",
    encoding: str | None = None,
    sheet: str | None = None,
    storage: Storage | None = None,
    chunk_tokens: int | None = None,
    kind: str | None = None,
    target: float | None = None,
    on_error: OnError | None = None,
    on_message: MessageCallback | None = None,
    passing: Path | None = None,
    progress: Progress | None = None,
) -> Indexed:
    """Bring a collection to what files contain now; it is created if it does not exist.

    Records that were deleted from these files are removed from the collection, and so are those of
    files that were deleted from a folder given here; a file that could not be read to its end
    loses nothing. An object that has not changed since it was read is not read again.

    Args:
        paths: files, folders and patterns; see `read_records`.
        name: the collection's.
        model: makes the vectors.
        store: where collections are stored; see `open_collection`.
        column: of the texts, see `read_records`.
        unit: what a record of plain text is, see `read_records`.
        encoding: of the files, see `read_records`.
        sheet: of workbooks, see `read_records`.
        storage: number format of the stored vectors, see `open_collection`.
        chunk_tokens: tokens of a chunk, see `open_collection`.
        kind: of index, as in `Collection.add`.
        target: recall, as in `Collection.add`.
        on_error: called with rows and files that cannot be read; without it the first one is
            an error.
        on_message: called with what was guessed about the files.
        passing: a folder of copies that go away: the collection does not remember to have them
            from there (see `Sources`).
        progress: called with the number of records that are finished.

    Raises:
        RecordError: a file or a row cannot be read; what came before it is indexed.
        FingerprintError: the collection was made with another model.
        CollectionError: another process is writing it, or the disk refuses.
    """
    seen = look(paths, passing)
    place = Store(store)
    options = ReadingOptions(column, unit, encoding, sheet)
    objects = ReadObjects(place, name, asdict(options))
    reading = _Reading(paths, on_error, objects)
    records = reading.records(**asdict(options), on_message=on_message)
    first = list(islice(records, 1))
    if not first and name not in place.names():
        reading.refuse_all()
    collection = open_collection(
        name, store=store, model=model, create=True, storage=storage, chunk_tokens=chunk_tokens
    )
    indexed = collection.add(
        chain(first, records),
        is_complete=reading.is_complete,
        kind=kind,
        target=target,
        progress=progress,
    )
    runs = collection.log()
    Sources(collection.store, name).record(seen, options, runs[-1].number if runs else 0)
    objects.save(runs, reading.counts, reading.is_whole)
    if objects.unchanged and on_message:
        on_message(f"{counted(len(objects.unchanged), 'object')} unchanged, not read again")
    return replace(indexed, unchanged=indexed.unchanged + sum(objects.unchanged.values()))


def count_records(
    paths: Sequence[str | Path], *, column: str | None = None, unit: Unit = "auto"
) -> int | None:
    """How many records there are; None where to know it would take long."""
    try:
        if any(map(object_address, paths)):
            return None
        files = [Path(file) for path in paths for file in expand(path, _ignore)]
        if any(str(file) == "-" or file.suffix.lower() in _SLOW for file in files):
            return None
        if sum(map(file_size, files)) > COUNTED_BYTES:
            return None
    except (RecordError, OSError):
        return None  # indexing will say what is wrong
    return sum(1 for _ in read_records(files, column=column, unit=unit, on_error=_ignore))


class _Reading:
    """The files that are read, and which of them were read to their end.

    Attributes:
        counts: number of records by source.
    """

    def __init__(
        self, paths: Sequence[str | Path], bad: OnError | None, objects: ReadObjects
    ) -> None:
        self._paths, self._bad, self._objects = paths, bad, objects
        self.counts: Counter[str] = Counter()
        self._faulty: set[str] = set()
        self._files = {resolved(path) for path in paths}
        self._folders = [Path(name) for name in self._files if Path(name).is_dir()]
        self._prefixes = {begin: resolved(path) for path in paths if (begin := _prefix(path))}
        self._broken: dict[str, Skipped] = {}

    def records(self, **options: Any) -> Iterator[Record]:
        """Their records; the same file is the same source wherever it is named from."""
        source = full = ""
        bad = self._record_error if self._bad else None
        changed = self._objects.is_changed
        for record in read_records(self._paths, wanted=changed, on_error=bad, **options):
            if record.source != source:
                source, full = record.source, _full(record.source)
                self._files.add(full)
            self.counts[full] += 1
            # written out, since replace() takes as long as reading a line does
            yield Record(
                record.text, record.fields, full, record.line, record.column, record.title,
                record.breaks,
            )  # fmt: skip

    def is_complete(self, source: str) -> bool:
        """Whether all records that this source has now were read."""
        if source in self._broken or source in self._objects.unchanged:
            return False
        if source in self._files:
            return True
        if object_address(source):
            listed = (begin for begin, path in self._prefixes.items() if path not in self._broken)
            return any(source.startswith(begin) for begin in listed)
        folders = (folder for folder in self._folders if str(folder) not in self._broken)
        return any(Path(source).is_relative_to(folder) for folder in folders)

    def is_whole(self, source: str) -> bool:
        """Whether they were read, and each row of it could be."""
        return self.is_complete(source) and source not in self._faulty

    def refuse_all(self) -> None:
        """There was nothing to begin a collection with."""
        listed = ", ".join(map(str, self._paths))
        if not self._broken:
            raise InputError(f"{listed}: no text", hint="give a file with one text per line")
        skipped = next(iter(self._broken.values()))
        raise RecordError(skipped.reason, hint=skipped.hint)

    def _record_error(self, skipped: Skipped) -> None:
        self._faulty.add(_full(skipped.source))
        if skipped.line == 0:
            self._broken[_full(skipped.source)] = skipped
        if self._bad:
            self._bad(skipped)


def _full(source: str) -> str:
    return source if source == "standard input" else resolved(source)


def _prefix(path: str | Path) -> str | None:
    """The address that those of all objects below a path begin with; None for all else."""
    address = object_address(path)
    try:
        return f"{str(address).rstrip('/')}/" if address and is_folder(path) else None
    except RecordError:
        return None  # reading will say what is wrong


def _ignore(_: object) -> None:
    """Ignore it."""
