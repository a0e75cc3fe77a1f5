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
def note(result: NotesResult, request: NoteRequest) -> None:
    """Write a note on values of a field, such as on the names of clusters.

    \b
    Examples:
      likewise collections note help refunds --note "mostly about gift cards"
      likewise collections note help refunds        removes the note
    """
    if request.note:
        say(f"{result.collection}: {counted(len(result.notes), 'note')} written")
    else:
        named = counted(len(request.values), "value")
        say(f"{result.collection}: no note on {named} any more; --note TEXT writes one")


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
