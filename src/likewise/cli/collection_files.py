"""Commands of `likewise collections` about the files that a collection was indexed from."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say
from likewise.operations.sources import (
    StatusRequest,
    StatusResult,
    SyncRequest,
    SyncResult,
    collections_status,
    collections_sync,
)
from likewise.wording import counted


@command(StatusRequest, collections_status)
def status(result: StatusResult, _: StatusRequest) -> None:
    """Show which files are new, changed or gone since they were indexed.

    \b
    Example:
      likewise collections status notes
      likewise collections sync notes
    """
    for change in result.files:
        say(f"{change.change:<8} {change.path}")
    for source in result.sources:
        if source.missing:
            note(f"{source.path} is no longer there, or cannot be read; its records stay")
    if not result.sources:
        note(f"{result.collection} has no files of this machine")
    else:
        note(
            f"{result.new:,} new, {result.changed:,} changed, {result.gone:,} gone, "
            f"{counted(result.unchanged, 'file')} unchanged"
        )


@command(SyncRequest, collections_sync, resumable=True)
def sync(result: SyncResult, _: SyncRequest) -> None:
    """Index the files that have changed again; undo reverts it.

    \b
    Example:
      likewise collections sync notes
    """
    for run in result.runs:
        found = run.indexed
        say(
            f"{result.collection}: {counted(found.added, 'chunk')} added, {found.removed:,} "
            f"removed, {found.unchanged:,} unchanged"
        )
