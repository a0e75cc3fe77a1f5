"""What a collection was indexed from: files and folders of this machine, as they were then.

They are a table beside the collection's own. A later look at the disk says which files are new,
changed or gone since. A file counts as changed where its size or its time of change differs.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from likewise.collections.companion import CompanionRows
from likewise.collections.contract import Run
from likewise.collections.store import Store
from likewise.data.readers import expand, object_address, resolved
from likewise.data.records import Unit
from likewise.errors import RecordError

Change = Literal["new", "changed", "gone"]


@dataclass(frozen=True)
class ReadingOptions:
    """How the files of a source are read; see `read_records`.

    Attributes:
        column: the column of the texts; None to detect it.
        unit: what a record of plain text is.
        encoding: of the files; None to detect it.
        sheet: of workbooks; None for the first one.
    """

    column: str | None = None
    unit: Unit = "auto"
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class FileState:
    """A file as it was seen.

    Attributes:
        size: bytes.
        modified: time of its last change, nanoseconds since 1970.
    """

    size: int
    modified: int


@dataclass(frozen=True)
class FileChange:
    """A file that is not as it was indexed.

    Attributes:
        path: the file.
        change: `new`, `changed` or `gone`.
    """

    path: str
    change: Change


@dataclass(frozen=True)
class SourceStatus:
    """A file, a folder or a pattern that was indexed, compared with the disk.

    Attributes:
        path: as it was given, as a whole path.
        options: how its files are read.
        time: when it was last indexed, ISO 8601 in UTC.
        missing: whether it is no longer there, or cannot be read; its records stay.
        unchanged: files that are as they were.
        changes: files that are not.
    """

    path: str
    options: ReadingOptions
    time: str
    missing: bool
    unchanged: int
    changes: tuple[FileChange, ...]


@dataclass(frozen=True)
class Seen:
    """What is about to be read: the files of each path, as they are now.

    Attributes:
        files: of each whole path, the state of each file.
    """

    files: dict[str, dict[str, FileState]] = field(default_factory=dict)


def look(paths: Iterable[str | Path], passing: Path | None = None) -> Seen:
    """The files of paths as they are now; those that are not on this machine are left out.

    Args:
        paths: files, folders and patterns, as in `read_records`.
        passing: a folder of copies that go away, which are left out.
    """
    seen: dict[str, dict[str, FileState]] = {}
    for path in paths:
        if str(path) == "-" or object_address(path):
            continue
        whole = _whole(path)
        if passing is None or not Path(whole).is_relative_to(passing.resolve()):
            seen[whole] = _states(whole)
    return Seen(seen)


class Sources:
    """What one collection was indexed from.

    Args:
        store: where it is stored.
        name: the collection's.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._rows = CompanionRows(store, name, "sources", _COLUMNS)

    def record(self, seen: Seen, options: ReadingOptions, run: int) -> None:
        """Remember what was indexed; only what is new is written.

        Args:
            seen: the files, looked at before they were read.
            options: how they were read.
            run: the run of the collection's log that they were indexed by.

        Raises:
            CollectionError: the store refuses.
        """
        if not seen.files:
            return
        known = {row["id"]: row for row in self._rows.all() if row["root"] in seen.files}
        rows = [
            _row(root, path, state, options, run)
            for root, files in seen.files.items()
            for path, state in [("", FileState(0, 0)), *files.items()]
        ]
        ids = {row["id"] for row in rows}
        self._rows.put(row for row in rows if row != known.get(str(row["id"])))
        self._rows.remove([each for each in known if each not in ids])

    def status(self, runs: Sequence[Run]) -> list[SourceStatus]:
        """What was indexed, compared with the disk; in the order of the paths.

        Args:
            runs: the log; what a run indexed that was undone is not in the collection.

        Raises:
            CollectionError: what was indexed cannot be read.
        """
        roots: dict[str, dict[str, FileState]] = {}
        heads = {}
        for row in self._rows.all():
            if row["file"]:
                files = roots.setdefault(row["root"], {})
                files[row["file"]] = FileState(row["size"], row["modified"])
            else:
                heads[row["root"]] = row
        valid = _lineage(runs)
        found = []
        for root, head in sorted(heads.items()):
            before = roots.get(root, {}) if head["run"] in valid else {}
            now = _states(root)
            options = ReadingOptions(head["column"], head["unit"], head["encoding"], head["sheet"])
            changes = tuple(_changes(before, now)) if now else ()
            same = len(now) - sum(each.change != "gone" for each in changes)
            found.append(SourceStatus(root, options, head["time"], not now, same, changes))
        return found


_COLUMNS = {
    "id": "string", "root": "string", "file": "string", "size": "int64", "modified": "int64",
    "column": "string", "unit": "string", "encoding": "string", "sheet": "string",
    "run": "int64", "time": "string",
}  # fmt: skip


def _row(
    root: str, file: str, state: FileState, options: ReadingOptions, run: int
) -> dict[str, str | int | None]:
    key = hashlib.blake2b(f"{root}\0{file}".encode(), digest_size=8).hexdigest()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    own = {"id": key, "root": root, "file": file, **asdict(state)}
    if file:  # the options are those of its root
        return (
            own
            | dict.fromkeys(("column", "unit", "encoding", "sheet"), "")
            | {"run": 0, "time": ""}
        )
    return own | asdict(options) | {"run": run, "time": now}


def _whole(path: str | Path) -> str:
    """A path from the root of the file system; a pattern keeps its characters."""
    if glob.has_magic(str(path)) and not Path(path).exists():
        return str(Path.cwd() / Path(path).expanduser())
    return resolved(path)


def _states(path: str) -> dict[str, FileState]:
    """The files of a path as they are now; none where there is nothing."""
    found: dict[str, FileState] = {}
    with suppress(RecordError):  # no folder, or one that cannot be read: indexing says why
        for file in expand(path, lambda _: None):
            with suppress(OSError):
                state = Path(file).stat()
                found[resolved(file)] = FileState(state.st_size, state.st_mtime_ns)
    return found


def _changes(before: dict[str, FileState], now: dict[str, FileState]) -> Iterable[FileChange]:
    for path in sorted({*before, *now}):
        if path not in before:
            yield FileChange(path, "new")
        elif path not in now:
            yield FileChange(path, "gone")
        elif before[path] != now[path]:
            yield FileChange(path, "changed")


def _lineage(runs: Sequence[Run]) -> set[int]:
    """The runs that made the present state: not those that were undone."""
    by_number = {run.number: run for run in runs}
    found: set[int] = set()
    number = runs[-1].number if runs else 0
    while number in by_number:
        run = by_number[number]
        found.add(number)
        number = run.before if run.back_to is None else run.back_to
    return found
