"""Commands of `likewise collections` about notes."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.operations.notes import (
    NoteRequest,
    NotesRequest,
    NotesResult,
    collections_note,
    collections_notes,
)
from likewise.wording import counted


@command(NoteRequest, collections_note)
def note(result: NotesResult, _: NoteRequest) -> None:
    """Write a note on values of a field, such as on the names of clusters.

    \b
    Example:
      likewise collections note help refunds --note "mostly about gift cards"
    """
    say(f"{result.collection}: {counted(len(result.notes), 'note')} written")


@command(NotesRequest, collections_notes)
def notes(result: NotesResult, _: NotesRequest) -> None:
    """List the notes of a collection.

    \b
    Example:
      likewise collections notes help
    """
    say_table(
        ["field", "value", "note"], [[each.column, each.value, each.note] for each in result.notes]
    )
