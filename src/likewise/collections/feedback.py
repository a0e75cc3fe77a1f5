"""Corrections made in search: for a query, a better hit or a wrong one, stored with the collection.

They are a table beside the collection's own, so they outlive undo, compaction and a change of the
model, and are removed with the collection. The text of a hit is stored as the model read it, so
that a correction is still an example when its record has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from likewise.collections.companion import CompanionRows
from likewise.collections.contract import Hit
from likewise.collections.store import Store
from likewise.data.chunking import with_title
from likewise.errors import InputError

Verdict = Literal["better", "wrong"]


@dataclass(frozen=True)
class Correction:
    """What someone said about one hit of a query.

    Attributes:
        id: of the correction; a later one of the same query and chunk replaces it.
        query: the query.
        hit: id of the chunk.
        verdict: `better` (it should be found) or `wrong` (it should not).
        text: the chunk with its title, as the model read it.
        time: when it was made, ISO 8601 in UTC.
    """

    id: str
    query: str
    hit: str
    verdict: Verdict
    text: str
    time: str

    @property
    def record(self) -> str:
        """Id of the record that the chunk belongs to."""
        return self.hit.partition(".")[0]


@dataclass(frozen=True)
class TrainingRow:
    """The corrections of one query, as `likewise train` reads them.

    Attributes:
        query: the query.
        pos: texts that answer it.
        neg: texts that do not.
    """

    query: str
    pos: tuple[str, ...]
    neg: tuple[str, ...]


class Feedback:
    """The corrections of one collection.

    Args:
        store: where it is stored.
        name: the collection's.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._name = name
        self._rows = CompanionRows(store, name, "feedback", dict.fromkeys(_COLUMNS, "string"))

    def add(
        self, query: str, *, better: Sequence[Hit] = (), wrong: Sequence[Hit] = ()
    ) -> list[Correction]:
        """Store what was said about hits of a query; the last word about a chunk counts.

        Args:
            query: the query.
            better: chunks that should be found.
            wrong: chunks that should not.

        Raises:
            InputError: an empty query, no chunk, or one that is both.
            CollectionError: the store refuses.
        """
        query = query.strip()
        if not query:
            raise InputError("the query is empty", hint="give the query that was corrected")
        if not better and not wrong:
            raise InputError("no hit is named", hint="name a better hit, a wrong one, or both")
        if both := {hit.id for hit in better} & {hit.id for hit in wrong}:
            raise InputError(
                f"{min(both)!r} is both better and wrong", hint="name it once, as one of them"
            )
        verdicts: list[tuple[Verdict, Sequence[Hit]]] = [("better", better), ("wrong", wrong)]
        made = [_correction(query, hit, verdict) for verdict, hits in verdicts for hit in hits]
        by_id = {each.id: each for each in made}
        self._rows.put(map(vars, by_id.values()))
        return list(by_id.values())

    def list(self, query: str | None = None) -> list[Correction]:
        """The corrections, oldest first.

        Args:
            query: only those of this query.
        """
        found = [Correction(**row) for row in self._rows.all()]
        if query is not None:
            found = [each for each in found if each.query == query.strip()]
        return sorted(found, key=lambda each: (each.time, each.query, each.verdict, each.hit))

    def remove(self, ids: Sequence[str]) -> int:
        """Remove corrections by their ids; gives how many went.

        Raises:
            InputError: there is none of an id.
        """
        known = {each.id for each in self.list()}
        if unknown := [each for each in ids if each not in known]:
            raise InputError(
                f"{self._name!r} has no correction {unknown[0]!r}",
                hint=f"'likewise feedback list {self._name}' shows the ids",
            )
        self._rows.remove(ids)
        return len(set(ids))


def training_rows(corrections: Iterable[Correction]) -> list[TrainingRow]:
    """Corrections as training examples: one row a query, those without a better hit left out."""
    by_query: dict[str, dict[Verdict, dict[str, None]]] = {}
    for each in corrections:
        texts = by_query.setdefault(each.query, {"better": {}, "wrong": {}})
        texts[each.verdict][each.text] = None
    return [
        TrainingRow(query, tuple(texts["better"]), tuple(texts["wrong"]))
        for query, texts in by_query.items()
        if texts["better"]
    ]


_COLUMNS = ("id", "query", "hit", "verdict", "text", "time")


def _correction(query: str, hit: Hit, verdict: Verdict) -> Correction:
    key = hashlib.blake2b(f"{query}\0{hit.id}".encode(), digest_size=8).hexdigest()
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Correction(key, query, hit.id, verdict, with_title(hit.title, hit.text), now)
