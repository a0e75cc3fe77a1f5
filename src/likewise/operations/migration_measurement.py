"""How the hits of a collection change with another model, and whether they get better or worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from likewise.collections.collection import Collection
from likewise.collections.contract import Hit
from likewise.collections.migration import overlap
from likewise.evaluation.metrics.ranking import ndcg_at
from likewise.evaluation.significance import Difference, Interval, bootstrap, paired, resamples

DEPTH = 10
"""Hits that are compared."""

EXAMPLES = 3


@dataclass(frozen=True)
class ChangedQuery:
    """A query whose hits change much.

    Attributes:
        query: the query.
        overlap: share of the hits that both models have.
        before: text of the best hit of the old model.
        after: text of the best hit of the new model.
    """

    query: str
    overlap: float
    before: str
    after: str


@dataclass(frozen=True)
class Quality:
    """nDCG@10 on queries whose right hits are known.

    Attributes:
        queries: how many.
        before: of the old model.
        after: of the new model.
        difference: after minus before, with its 95% interval.
    """

    queries: int
    before: float
    after: float
    difference: Difference


@dataclass(frozen=True)
class Measurement:
    """Two models on one collection.

    Attributes:
        queries: how many were compared.
        overlap: mean share of the ten best hits that both have, with its 95% interval.
        quality: on queries with known hits; None without any.
        examples: the queries whose hits change most.
    """

    queries: int
    overlap: Interval
    quality: Quality | None
    examples: tuple[ChangedQuery, ...]


def measure(
    before: Collection,
    after: Collection,
    queries: Sequence[str],
    relevant: Mapping[str, frozenset[str]],
) -> Measurement:
    """Search both with the same queries.

    Args:
        before: the collection with the vectors of its model.
        after: the same with those of the new model.
        queries: at least one.
        relevant: ids of the chunks that answer a query, where they are known.
    """
    asked = list(dict.fromkeys([*relevant, *queries]))
    old = dict(zip(asked, before.search_batch(asked, DEPTH), strict=True))
    new = dict(zip(asked, after.search_batch(asked, DEPTH), strict=True))
    shares = np.array([overlap(_ids(old[query]), _ids(new[query])) for query in asked])
    draws = resamples(len(asked))
    interval = bootstrap(lambda items: float(shares[items].mean()), len(asked), draws)
    order = [asked[n] for n in np.argsort(shares, kind="stable").tolist()]
    changed = [query for query in order if old[query] and new[query] and shares.min() < 1]
    return Measurement(
        len(asked),
        interval,
        _quality(old, new, relevant) if relevant else None,
        tuple(
            ChangedQuery(
                query, overlap(_ids(old[query]), _ids(new[query])),
                old[query][0].text, new[query][0].text,
            )
            for query in changed[:EXAMPLES]
        ),
    )  # fmt: skip


def _quality(
    old: Mapping[str, Sequence[Hit]],
    new: Mapping[str, Sequence[Hit]],
    relevant: Mapping[str, frozenset[str]],
) -> Quality:
    def scores(found: Mapping[str, Sequence[Hit]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(
            [
                ndcg_at([each in ids for each in _ids(found[query])], [1] * len(ids), DEPTH)
                for query, ids in relevant.items()
            ]
        )

    before, after = scores(old), scores(new)
    difference = paired(
        lambda items: float(after[items].mean()),
        lambda items: float(before[items].mean()),
        resamples(len(relevant)),
    )
    return Quality(len(relevant), float(before.mean()), float(after.mean()), difference)


def _ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in hits]
