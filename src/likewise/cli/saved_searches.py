"""Commands of `likewise collections` about saved searches."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say, say_table
from likewise.operations.collection import RemovedResult
from likewise.operations.saved_searches import (
    ForgetSearchRequest,
    SavedSearchesRequest,
    SavedSearchesResult,
    SaveSearchRequest,
    collections_forget,
    collections_save,
    collections_saved,
)
from likewise.wording import counted


@command(SaveSearchRequest, collections_save)
def save(result: SavedSearchesResult, _: SaveSearchRequest) -> None:
    """Save a search with a collection; the workspace shows it to everybody.

    \b
    Example:
      likewise collections save help "money back" --title refunds --where "year > 2020"
    """
    say(f"{result.collection}: saved {result.searches[0].title!r}")


@command(SavedSearchesRequest, collections_saved)
def saved(result: SavedSearchesResult, _: SavedSearchesRequest) -> None:
    """List the saved searches of a collection, newest first.

    \b
    Example:
      likewise collections saved help
    """
    if not result.searches:
        note(f"no saved searches of {result.collection}")
        note(f"hint: likewise collections save {result.collection} QUERY")
        return
    say_table(
        ["id", "title", "query", "mode", "where"],
        [
            [each.id, each.title, each.query, each.mode, each.where or ""]
            for each in result.searches
        ],
    )


@command(ForgetSearchRequest, collections_forget)
def forget(result: RemovedResult, _: ForgetSearchRequest) -> None:
    """Remove saved searches by their ids or titles.

    \b
    Example:
      likewise collections forget help refunds
    """
    say(f"{result.collection}: {counted(result.removed, 'saved search', 'saved searches')} removed")
