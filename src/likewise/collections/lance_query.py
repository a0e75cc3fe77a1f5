"""Queries to the store, and their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from likewise.collections.contract import Index
from likewise.extras import require

if TYPE_CHECKING:
    from lancedb.table import Table


WORD_COLUMNS = ("text", "title")
"""Columns whose words are indexed; the better of the two scores counts."""

EXPANSIONS = 500
"""Words of the index that a fuzzy word stands for, at most."""


@dataclass(frozen=True)
class Question:
    """A query to a table.

    Attributes:
        columns: of the answer.
        k: how many rows at most; None for all.
        where: an SQL condition.
        vector: rows near to it, float32 `[d]`.
        distance: how vectors are compared, by the store's name.
        params: how an index is searched.
        words: only rows that have any of these words.
        every_word: only rows that have all of these words, in one of the columns.
        fuzziness: how many letters of a word may differ; not with `every_word`.
        offset: rows to leave out at the beginning.
        row_ids: also the store's own numbers of the rows, as a column `_rowid`.
    """

    columns: Sequence[str]
    k: int | None = None
    where: str | None = None
    vector: NDArray[np.float32] | None = None
    distance: str = "cosine"
    params: Index | None = None
    words: str | None = None
    every_word: bool = False
    fuzziness: int = 0
    offset: int = 0
    row_ids: bool = False


def answer(table: Table, question: Question) -> Any:
    """The answer to a question, an Arrow table.

    LanceDB's public `to_arrow` crosses over to its thread and back for the schema, for the plan
    and for every batch; here all is done in one crossing, which a search of a few milliseconds
    feels. Where a version of LanceDB lacks the internal parts for it, the public method is used.
    """
    if (inner := _inner(table)) is None:
        return answer_publicly(table, question)
    return _run(_asked(inner.query(), question).to_arrow())


def answers(table: Table, questions: Sequence[Question]) -> list[Any]:
    """The answers to several questions, asked at once."""
    if (inner := _inner(table)) is None:
        return [answer_publicly(table, question) for question in questions]

    async def all_of_them() -> list[Any]:
        asked = (_asked(inner.query(), question).to_arrow() for question in questions)
        return list(await asyncio.gather(*asked))

    found: list[Any] = _run(all_of_them())
    return found


def answer_publicly(table: Table, question: Question) -> Any:
    """The same answer by LanceDB's public methods only."""
    inner: Any = table
    if question.vector is not None:
        asked = inner.search(question.vector, "vector", "vector")
        asked = _narrowed(asked.distance_type(question.distance), question)
    elif question.words is not None:
        asked = inner.search(_match(question.words, question), query_type="fts")
    else:
        asked = inner.search()
    return _shaped(asked, question, public=True).to_arrow()


def _asked(query: Any, question: Question) -> Any:
    """The question as a query of LanceDB's asynchronous interface."""
    if question.vector is not None:
        query = query.nearest_to(question.vector).column("vector")
        query = _narrowed(query.distance_type(question.distance), question)
    elif question.words is not None:
        query = query.nearest_to_text(_match(question.words, question))
    return _shaped(query, question)


def _narrowed(query: Any, question: Question) -> Any:
    """Search an index with the parameters that reach its target recall."""
    params = question.params or Index()
    if params.probes is not None:
        query = query.nprobes(params.probes)
        if question.where:
            query = query.maximum_nprobes(0)  # too few may be left in these: then it looks on
    if params.refine is not None:
        query = query.refine_factor(params.refine)
    if params.ef is not None:
        query = query.ef(max(params.ef, question.k or 0))
    return query


def _shaped(query: Any, question: Question, *, public: bool = False) -> Any:
    if question.k is not None:
        query = query.limit(question.k)
    if question.offset:
        query = query.offset(question.offset)
    if question.where:
        query = query.where(question.where)
    if question.row_ids:
        query = query.with_row_id(True) if public else query.with_row_id()
    return query.select(list(question.columns))


def _match(words: str, question: Question) -> Any:
    module: Any = require("lancedb.query", "store")
    if not question.fuzziness:
        operator = module.FullTextOperator("AND" if question.every_word else "OR")
        return module.MultiMatchQuery(words, list(WORD_COLUMNS), operator=operator)
    return module.BooleanQuery(
        [
            (
                module.Occur.SHOULD,
                module.MatchQuery(
                    word,
                    column,
                    fuzziness=question.fuzziness,
                    prefix_length=1,
                    max_expansions=EXPANSIONS,
                ),
            )
            for word in words.split()
            for column in WORD_COLUMNS
        ]
    )


def _inner(table: Table) -> Any:
    """The asynchronous table within; None where this version of LanceDB has it not."""
    inner = getattr(table, "_table", None)
    try:
        loop = require("lancedb.background_loop", "store").LOOP
    except (ImportError, AttributeError):
        return None
    return inner if hasattr(inner, "query") and hasattr(loop, "run") else None


def _run(work: Awaitable[Any]) -> Any:
    loop: Any = require("lancedb.background_loop", "store").LOOP
    return loop.run(work)
