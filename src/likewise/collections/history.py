"""A collection's log: what was changed when, and how to restore an earlier state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from likewise.collections.contract import Index, Run
from likewise.collections.manifest import Manifest, read_manifest, write_manifest
from likewise.collections.store import store_errors
from likewise.collections.tuning import drop, optimize
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
    """Close a run: its line in the log is the commit that ends it, and its version is tagged."""
    before = manifest.runs[-1].number if manifest.runs else 0
    run = Run(
        number=before + 1,
        action=action,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        version=table.version + 1,  # of the commit below: no other process writes
        added=added,
        removed=removed,
        records=table.count_rows("passage = 0"),
        chunks=table.count_rows(),
        sources=tuple(sources[:SOURCES]),
        back_to=back_to,
        before=before,
    )
    version = write_manifest(table, manifest.with_run(run))
    if version != run.version:
        manifest = manifest.with_run(replace(run, version=version))
        write_manifest(table, manifest)
        return manifest
    table.tags.create(f"run-{run.number}", version)  # versions with a tag are never deleted
    return manifest.with_run(run)


def is_whole(table: Table, manifest: Manifest) -> bool:
    """Whether the last run came to its end."""
    return bool(manifest.runs) and manifest.runs[-1].version == table.version


def stored_runs(table: Table, manifest: Manifest) -> list[Run]:
    """The runs whose state is still stored."""
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
        InputError: it is neither, or no state of that time is stored.
    """
    runs = stored_runs(table, manifest)
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
        raise InputError(f"no state is stored as of {moment}", hint=f"stored runs: {numbers}")
    return found[-1]


def undo_target(table: Table, manifest: Manifest, name: str) -> Run:
    """The run whose state `undo` brings back; number 0 is the empty collection.

    Raises:
        CollectionError: there is nothing to undo, or that state is not stored.
    """
    by_number = {run.number: run for run in manifest.runs}
    if not manifest.runs:
        raise CollectionError(f"nothing to undo in {name!r}", hint="it has no finished run yet")
    current = manifest.runs[-1]
    if not is_whole(table, manifest):  # an unfinished run is undone first
        return _stored_run(table, manifest, name, current.number)
    while current.back_to and current.action != "restore":  # what an undo or a redo brought back
        current = by_number[current.back_to]
    if current.back_to == 0:
        raise CollectionError(
            f"nothing to undo in {name!r}",
            hint=f"it is empty already; 'likewise collections redo {name}' brings back the state "
            "that the last undo left",
        )
    target = current.before
    while target and by_number[target].action == "compact":
        target = by_number[target].before
    return _stored_run(table, manifest, name, target)


def redo_target(table: Table, manifest: Manifest, name: str) -> Run:
    """The run whose state `redo` brings back: the one that the last undo left.

    Raises:
        CollectionError: the last change was no undo, or that state is not stored.
    """
    left: list[int] = []
    for run in manifest.runs:
        if run.action == "redo":
            left.pop()
        elif run.action != "undo":
            left.clear()
        elif run.back_to != run.before:  # not that of an unfinished run, whose state is not stored
            left.append(run.before)
    if not left:
        raise CollectionError(
            f"nothing to redo in {name!r}",
            hint="redo follows an undo; 'likewise collections restore' brings back any state "
            "of the log",
        )
    return _stored_run(table, manifest, name, left[-1])


def restore_target(table: Table, manifest: Manifest, name: str, number: int) -> Run:
    """A run of the log whose state can be brought back.

    Raises:
        CollectionError: there is no such run, or its state is not stored.
    """
    if number < 1:
        raise CollectionError(
            f"{name!r} has no run {number}", hint=f"'likewise collections log {name}' lists them"
        )
    return _stored_run(table, manifest, name, number)


def _stored_run(table: Table, manifest: Manifest, name: str, number: int) -> Run:
    if number == 0:
        return Run(0, "", "", 0)
    known = {run.number: run for run in manifest.runs}
    if number not in known:
        raise CollectionError(
            f"{name!r} has no run {number}", hint=f"'likewise collections log {name}' lists them"
        )
    still = stored_runs(table, manifest)
    if known[number] not in still:
        numbers = ", ".join(str(run.number) for run in still) or "none"
        raise CollectionError(
            f"run {number} of {name!r} is no longer stored",
            hint=f"compacting deletes earlier states; index the earlier files again, or restore "
            f"one of the stored runs: {numbers}",
        )
    return known[number]


def bring_back(table: Table, name: str, action: str, target: Run) -> Manifest:
    """Make the state of an earlier run the present one; the log continues.

    Args:
        table: the collection's, at its latest version; the caller holds the lock.
        name: the collection's.
        action: what the log calls it: `undo`, `redo` or `restore`.
        target: the run; number 0 is the empty collection.

    Raises:
        CollectionError: the store refuses.
    """
    manifest = read_manifest(table, name)
    with store_errors(f"cannot {action} {name!r}"):
        before = table.count_rows()
        if target.number:
            table.restore(target.version)
            restored = replace(read_manifest(table, name), runs=manifest.runs)
        else:
            table.delete("true")
            drop(table)
            asked = Index(asked=manifest.index.asked, target=manifest.index.target)
            restored = replace(manifest, index=asked, distribution=None, calibrations={})
        change = table.count_rows() - before
        return record_run(
            table, restored, action, added=max(change, 0), removed=max(-change, 0),
            back_to=target.number,
        )  # fmt: skip


def compact(table: Table, name: str) -> Manifest:
    """Join small files, and delete all earlier states: no undo, but less disk."""
    manifest = read_manifest(table, name)
    with store_errors(f"cannot compact {name!r}"):
        optimize(table)
        for tag in list(table.tags.list()):
            table.tags.delete(tag)
        manifest = record_run(table, manifest, "compact")
        table.optimize(cleanup_older_than=timedelta(milliseconds=1))
    return manifest
