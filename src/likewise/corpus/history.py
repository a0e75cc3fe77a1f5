"""A collection's log: what was changed when, how it was then, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from likewise.corpus.contract import Index, Run
from likewise.corpus.library import translated
from likewise.corpus.manifest import Manifest, read_manifest, write_manifest
from likewise.corpus.tuning import drop, optimize
from likewise.errors import CollectionError, InputError

if TYPE_CHECKING:
    from lancedb.table import Table

SOURCES = 20
"""Files that a line of the log names; every commit carries the whole log, so it must stay small."""


def record_run(
    table: Table,
    manifest: Manifest,
    action: str,
    *,
    added: int = 0,
    removed: int = 0,
    sources: Sequence[str] = (),
    back_to: int | None = None,
) -> Manifest:
    """Close a run: its line in the log is the commit that ends it, and its version is kept."""
    before = manifest.runs[-1].number if manifest.runs else 0
    run = Run(
        number=before + 1,
        action=action,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        version=table.version + 1,  # of the commit below: nobody else writes
        added=added,
        removed=removed,
        records=table.count_rows("passage = 0"),
        passages=table.count_rows(),
        sources=tuple(sources[:SOURCES]),
        back_to=back_to,
        before=before,
    )
    version = write_manifest(table, manifest.with_run(run))
    if version != run.version:
        manifest = manifest.with_run(replace(run, version=version))
        write_manifest(table, manifest)
        return manifest
    table.tags.create(f"run-{run.number}", version)  # what is tagged is never cleaned away
    return manifest.with_run(run)


def is_whole(table: Table, manifest: Manifest) -> bool:
    """Whether the last run came to its end."""
    return bool(manifest.runs) and manifest.runs[-1].version == table.version


def kept(table: Table, manifest: Manifest) -> list[Run]:
    """The runs whose state is still kept."""
    versions = {entry["version"] for entry in table.list_versions()}
    return [run for run in manifest.runs if run.version in versions]


def as_of(table: Table, manifest: Manifest, moment: str | int) -> Run:
    """The run whose state was the latest at a moment.

    Args:
        table: the collection's.
        manifest: its latest description.
        moment: a number of the log, or a date such as `2026-03-01` or `2026-03-01T12:00`, in UTC
            where it names no zone.

    Raises:
        InputError: it is neither, or nothing is kept of that time.
    """
    runs = kept(table, manifest)
    numbers = ", ".join(str(run.number) for run in runs) or "none"
    if str(moment).isdecimal():
        found = [run for run in runs if run.number == int(moment)]
    else:
        try:
            limit = datetime.fromisoformat(str(moment))
        except ValueError as error:
            raise InputError(
                f"{moment!r} is neither a run nor a date",
                hint=f"a number of the log ({numbers}), or such as 2026-03-01T12:00",
            ) from error
        limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
        if len(str(moment)) == 10:  # a whole day
            limit += timedelta(days=1)
        found = [run for run in runs if datetime.fromisoformat(run.time) <= limit]
    if not found:
        raise InputError(f"nothing is kept as of {moment}", hint=f"runs that are: {numbers}")
    return found[-1]


def undo(table: Table, name: str) -> Manifest:
    """Bring back the state before the last change; the log goes on.

    An unfinished run is undone first.

    Raises:
        CollectionError: there is nothing to undo, or that state is not kept.
    """
    manifest = read_manifest(table, name)
    by_number = {run.number: run for run in manifest.runs}
    if not manifest.runs:
        raise CollectionError(f"nothing to undo in {name!r}", hint="it has no finished run yet")
    current = manifest.runs[-1]
    if is_whole(table, manifest):
        while current.back_to:  # what an undo brought back
            current = by_number[current.back_to]
        target = 0 if current.back_to == 0 else current.before
        while target and by_number[target].action == "compact":
            target = by_number[target].before
        if current.number and current.back_to == 0:
            raise CollectionError(f"nothing to undo in {name!r}", hint="it is empty already")
    else:
        target = current.number
    if target == 0:
        table.delete("true")
        drop(table)
        asked = Index(asked=manifest.index.asked, target=manifest.index.target)
        empty = replace(manifest, index=asked, background=None)
        return record_run(table, empty, "undo", removed=current.passages, back_to=0)
    run = by_number[target]
    if run not in kept(table, manifest):
        raise CollectionError(
            f"run {target} of {name!r} is no longer kept",
            hint="compacting forgets earlier states; index the earlier files again",
        )
    before = table.count_rows()
    with translated(f"cannot undo the last change of {name!r}"):
        table.restore(run.version)
    restored = replace(read_manifest(table, name), runs=manifest.runs)
    change = table.count_rows() - before
    return record_run(
        table, restored, "undo", added=max(change, 0), removed=max(-change, 0), back_to=target
    )


def compact(table: Table, name: str) -> Manifest:
    """Join small files, and forget all earlier states: no undo, but less disk."""
    manifest = read_manifest(table, name)
    with translated(f"cannot compact {name!r}"):
        optimize(table)
        for tag in list(table.tags.list()):
            table.tags.delete(tag)
        manifest = record_run(table, manifest, "compact")
        table.optimize(cleanup_older_than=timedelta(milliseconds=1))
    return manifest
