"""Reranking: does each query's own short list come out with the right ones first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import map_at, mrr_at, ndcg_at, trec_order
from likewise.vectors import cosine


@dataclass(frozen=True)
class Candidates:
    """A query and its short list.

    Attributes:
        query: the query.
        positive: candidates that answer it.
        negative: candidates that do not.
    """

    query: str
    positive: Sequence[str]
    negative: Sequence[str]


@dataclass(frozen=True)
class Reranking:
    """Queries, each with candidates that answer it and candidates that do not.

    Attributes:
        name: what it is called in results.
        lists: the queries with their candidates; those without a positive or a negative one say
            nothing and are left out.
        split: which part of the data it is.
    """

    name: str
    lists: Sequence[Candidates]
    split: str = "test"
    type = "Reranking"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """MAP, MRR at 10 and nDCG at 10 of each list ordered by cosine."""
        lists = [c for c in self.lists if c.positive and c.negative]
        queries = embed(model, [c.query for c in lists], "query")
        texts = [text for c in lists for text in (*c.positive, *c.negative)]
        vectors = embed(model, texts, "document")
        each: dict[str, list[float]] = {"map": [], "mrr": [], "ndcg_at_10": []}
        first: list[str] = []
        start = 0
        for item, query in zip(lists, queries, strict=True):
            candidates = [*item.positive, *item.negative]
            part = vectors[start : start + len(candidates)]
            start += len(candidates)
            judged = np.arange(len(candidates)) < len(item.positive)
            # as in mteb, a candidate's place in the list is its id where scores are equal
            order = trec_order(cosine(query, part)[0], [f"{i:09}" for i in range(len(candidates))])
            each["map"].append(map_at(judged[order], judged, len(candidates)))
            each["mrr"].append(mrr_at(judged[order], judged, 10))
            each["ndcg_at_10"].append(ndcg_at(judged[order], judged, 10))
            first.append(candidates[order[0]])
        scores = {name: float(np.mean(values)) for name, values in each.items()}
        goodness = np.array(each["map"])

        def case(i: int) -> Case:
            return Case(lists[i].query, lists[i].positive[0], first[i])

        return TaskOutcome(
            scores, "map", goodness, lambda places: float(goodness[places].mean()), case
        )
