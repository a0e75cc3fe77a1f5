"""Whether the files of a collection have changed since they were indexed, and index them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Annotated, Any, cast

from likewise.collections.sources import FileChange, ReadingOptions, Sources, SourceStatus
from likewise.operations.collection import CollectionRequest
from likewise.operations.contract import ComputeName, Field
from likewise.operations.index import IndexRequest, IndexResult, index
from likewise.operations.session import Session


@dataclass(frozen=True)
class StatusRequest(CollectionRequest):
    """The collection whose files are looked at."""

    _: KW_ONLY
    top: Annotated[int, Field("Most files that are listed.", minimum=0)] = 100


@dataclass(frozen=True)
class StatusResult:
    """The files of a collection, compared with the disk.

    Attributes:
        collection: its name.
        sources: files, folders and patterns that were indexed on this machine.
        new: files that are new.
        changed: files whose size or time of change differs.
        gone: files that are no longer there.
        unchanged: files that are as they were.
        files: the first of those that are not.
    """

    collection: str
    sources: tuple[SourceStatus, ...]
    new: int
    changed: int
    gone: int
    unchanged: int
    files: tuple[FileChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `collection`, `new`, `changed`, `gone`, `unchanged`, `files` (each with `path` and
        `change`), and `sources` (each with `path`, `time`, `missing`, `unchanged`, `changes`: how
        many).
        """
        plain = asdict(self)
        plain["sources"] = [
            {
                "path": each.path, "time": each.time, "missing": each.missing,
                "unchanged": each.unchanged, "changes": len(each.changes),
            }
            for each in self.sources
        ]  # fmt: skip
        return plain


def collections_status(request: StatusRequest, session: Session) -> StatusResult:
    """Compare the files that a collection was indexed from with the disk; nothing is read.

    Only files of this machine are known: not those that were sent, nor those of an object store.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: the collection cannot be read.
    """
    sources = _status(request, session)
    changes = {each.path: each for source in sources for each in source.changes}
    counts = Counter(each.change for each in changes.values())
    return StatusResult(
        request.name, tuple(sources), counts["new"], counts["changed"], counts["gone"],
        sum(source.unchanged for source in sources), tuple(changes.values())[: request.top],
    )  # fmt: skip


@dataclass(frozen=True)
class SyncRequest(CollectionRequest):
    """The collection whose changed files are indexed again."""


@dataclass(frozen=True)
class SyncResult:
    """What indexing changed files again did.

    Attributes:
        collection: its name.
        runs: one for all files that are read in the same way; none where nothing had changed.
    """

    collection: str
    runs: tuple[IndexResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values: `collection`, `runs` (see `IndexResult.to_dict`)."""
        return {"collection": self.collection, "runs": [each.to_dict() for each in self.runs]}


def collections_sync(request: SyncRequest, session: Session) -> SyncResult:
    """Index the files of a collection that have changed again, as they were read before.

    Raises:
        CollectionNotFoundError: no collection has this name.
        CollectionError: another process is writing it, or the disk refuses.
        FingerprintError: its model has changed.
        RecordError: no file can be read.
    """
    sources = [each for each in _status(request, session) if each.changes]
    manifest = session.collection(request.name, store=request.store).manifest
    compute = cast(ComputeName, manifest.compute)
    runs = [
        index(
            IndexRequest(
                files=paths, into=request.name, model=manifest.model, compute=compute,
                store=request.store, **asdict(options),
            ),
            session,
        )
        for options, paths in _by_options(sources)
    ]  # fmt: skip
    if not runs:
        session.message("unchanged", "no file has changed since it was indexed")
    return SyncResult(request.name, tuple(runs))


def _status(request: CollectionRequest, session: Session) -> list[SourceStatus]:
    collection = session.collection(request.name, store=request.store)
    return Sources(collection.store, request.name).status(collection.log())


def _by_options(
    sources: Iterable[SourceStatus],
) -> list[tuple[ReadingOptions, tuple[str, ...]]]:
    """The paths that are read in the same way, together."""
    paths: dict[ReadingOptions, list[str]] = {}
    for each in sources:
        paths.setdefault(each.options, []).append(each.path)
    return [(options, tuple(listed)) for options, listed in paths.items()]
