"""Searches that are saved with a collection: each has a title, and all its users see it.

They are a table beside the collection's own, so they outlive undo, compaction and a change of the
model, and are removed with the collection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from likewise.collections.companion import CompanionRows
from likewise.collections.contract import Mode
from likewise.collections.store import Store
from likewise.errors import InputError
from likewise.wording import counted

TITLE_CHARACTERS = 200
"""Length of a title."""

VIEW_CHARACTERS = 8000
"""Length of a query or a view; addresses of this length still work in browsers."""


@dataclass(frozen=True)
class SavedSearch:
    """A search, as it was saved.

    Attributes:
        id: of the saved search; a later one of the same title replaces it.
        title: what people call it.
        query: what to look for; empty for one that only filters.
        mode: how to search.
        fold_duplicates: whether near-duplicates are one result.
        where: an SQL condition, or None.
        view: how the page that saved it shows it, such as the query of its address; or empty.
        time: when it was saved, ISO 8601 in UTC.
    """

    id: str
    title: str
    query: str
    mode: Mode
    fold_duplicates: bool
    where: str | None
    view: str
    time: str


_COLUMNS = {
    "id": "string", "title": "string", "query": "string", "mode": "string",
    "fold_duplicates": "bool", "where": "string", "view": "string", "time": "string",
}  # fmt: skip


class SavedSearches:
    """The saved searches of one collection.

    Args:
        store: where it is stored.
        name: the collection's.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._name = name
        self._rows = CompanionRows(store, name, "searches", _COLUMNS)

    def save(
        self,
        title: str,
        query: str = "",
        *,
        mode: Mode = "semantic",
        fold_duplicates: bool = False,
        where: str | None = None,
        view: str = "",
    ) -> SavedSearch:
        """Save a search; one of the same title is replaced.

        Args:
            title: what people call it; the query where it is empty.
            query: what to look for.
            mode: how to search.
            fold_duplicates: whether near-duplicates are one result.
            where: an SQL condition, which the caller has checked.
            view: how the page that saves it shows it.

        Raises:
            InputError: neither a query nor a condition, no title, or one that is too long.
            CollectionError: the store refuses.
        """
        query, where = query.strip(), (where or "").strip() or None
        title = " ".join(title.split()) or query
        if not query and where is None:
            raise InputError(
                "a search without a query and without a condition finds everything",
                hint="give a query, a condition, or both",
            )
        _check_length("title", title, TITLE_CHARACTERS)
        _check_length("query", query, VIEW_CHARACTERS)
        _check_length("view", view, VIEW_CHARACTERS)
        if not title:
            raise InputError("the search has no title", hint="give it one")
        key = hashlib.blake2b(title.encode(), digest_size=8).hexdigest()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = SavedSearch(key, title, query, mode, fold_duplicates, where, view, now)
        self._rows.put([asdict(made)])
        return made

    def list(self) -> list[SavedSearch]:
        """The saved searches, newest first.

        Raises:
            CollectionError: they cannot be read.
        """
        found = [SavedSearch(**row) for row in self._rows.all()]
        return sorted(found, key=lambda each: (each.time, each.title), reverse=True)

    def remove(self, ids: Sequence[str]) -> int:
        """Remove saved searches by their ids or titles; gives how many went.

        Raises:
            InputError: there is none of an id or a title.
            CollectionError: the store refuses.
        """
        known = {name: each.id for each in self.list() for name in (each.id, each.title)}
        if unknown := [each for each in ids if each not in known]:
            raise InputError(
                f"{self._name!r} has no saved search {unknown[0]!r}",
                hint=f"'likewise collections saved {self._name}' lists them",
            )
        gone = {known[each] for each in ids}
        self._rows.remove(gone)
        return len(gone)


def _check_length(what: str, text: str, characters: int) -> None:
    if len(text) > characters:
        raise InputError(
            f"the {what} has {counted(len(text), 'character')}",
            hint=f"at most {characters:,} characters can be saved",
        )
