"""Why hits have their ranks: the rank and score in each list, and the words that match."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from likewise.collections import lance_query
from likewise.collections.contract import Explanation, Hit, MatchedWord, Mode
from likewise.collections.fusion import SEMANTIC_WEIGHT
from likewise.collections.hybrid import depth
from likewise.collections.lance_query import Question
from likewise.collections.snapshot import Snapshot

_WORD = re.compile(r"\w+")


def explained(
    snapshot: Snapshot,
    query: str,
    corrections: Mapping[str, str],
    *,
    vector: NDArray[np.float32],
    hits: Sequence[Hit],
    first: Sequence[Hit],
    mode: Mode,
    where: str | None,
) -> list[Hit]:
    """The same hits with explanations.

    Args:
        snapshot: of the collection.
        query: as it was searched for.
        corrections: words of the query as it was given, with those it has in their place.
        vector: of the query, float32 `[d]`.
        hits: of the search, best first.
        first: the order of the mode, before diversity, reranking and grouping.
        mode: of the search.
        where: its condition.
    """
    if not hits:
        return []
    pool = depth(len(first))
    semantic = _ranks([hit.id for hit in snapshot.hits_by_vector(vector, pool, where)])
    keyword = _ranks([found.hit.id for found in snapshot.by_words(query, pool, where)])
    firsts = {hit.id: (rank, hit.score) for rank, hit in enumerate(first, 1)}
    ids = [hit.id for hit in hits]
    scores = _scores(snapshot, [query], ids)[0]
    matches = _matches(snapshot, query, corrections, ids)
    weight = {"semantic": 1.0, "keyword": 0.0, "hybrid": SEMANTIC_WEIGHT}[mode]
    return [
        replace(
            hit,
            explanation=Explanation(
                semantic_rank=semantic.get(hit.id),
                keyword_rank=keyword.get(hit.id),
                keyword_score=scores.get(hit.id, 0.0),
                semantic_weight=weight,
                words=matches[hit.id],
                first_rank=firsts[hit.id][0],
                first_score=firsts[hit.id][1],
            ),
        )
        for hit in hits
    ]


def _ranks(ids: Sequence[str]) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(ids, 1)}


def _matches(
    snapshot: Snapshot, query: str, corrections: Mapping[str, str], ids: Sequence[str]
) -> dict[str, tuple[MatchedWord, ...]]:
    """The words of a query with their parts of each chunk's score, the rarest first."""
    found_as = list(dict.fromkeys(word.casefold() for word in _WORD.findall(query)))
    given = {other: word for word, other in corrections.items()}
    words = [given.get(word, word) for word in found_as]
    chunks = snapshot.table.count_rows()
    everything = [Question(["_score"], chunks, words=word) for word in found_as]
    counts = [len(rows) for rows in lance_query.answers(snapshot.table, everything)]
    idfs = [math.log(1 + (chunks - count + 0.5) / (count + 0.5)) for count in counts]
    parts = _scores(snapshot, found_as, ids)
    order = sorted(range(len(words)), key=counts.__getitem__)
    return {
        name: tuple(
            MatchedWord(words[n], found_as[n], round(idfs[n], 4), round(parts[n].get(name, 0.0), 4))
            for n in order
        )
        for name in ids
    }


def _scores(
    snapshot: Snapshot, queries: Sequence[str], ids: Sequence[str]
) -> list[dict[str, float]]:
    """BM25 scores of certain chunks for each query."""
    listed = ", ".join(f"'{name}'" for name in ids)
    asked = [
        Question(["id", "_score"], len(ids), f"id IN ({listed})", words=query) for query in queries
    ]
    return [
        dict(zip(rows["id"].to_pylist(), rows["_score"].to_pylist(), strict=True))
        for rows in lance_query.answers(snapshot.table, asked)
    ]
