"""Questions put to the store, and their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table


def query(table: Table) -> Any:
    """A query of a table, to be narrowed with LanceDB's asynchronous methods; see `answer`."""
    inner: Any = table
    return inner._table.query()


def answer(asked: Any) -> Any:
    """The answer of a query, an Arrow table.

    LanceDB's own `to_arrow` crosses over to its thread and back for the schema, for the plan and
    for every batch; here all is done in one crossing, which a search of a few milliseconds feels.
    """
    loop: Any = require("lancedb.background_loop", "store").LOOP
    return loop.run(asked.to_arrow())


def answers(asked: Sequence[Any]) -> list[Any]:
    """The answers of several queries, asked at once."""

    async def all_of_them() -> list[Any]:
        return list(await asyncio.gather(*(one.to_arrow() for one in asked)))

    loop: Any = require("lancedb.background_loop", "store").LOOP
    found: list[Any] = loop.run(all_of_them())
    return found
