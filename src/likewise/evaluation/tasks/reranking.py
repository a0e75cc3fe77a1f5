"""Reranking: whether the candidates that answer a query rank before those that do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import map_at, mrr_at, ndcg_at, trec_order
from likewise.vectors import cosine


@dataclass(frozen=True)
class Candidates:
    """A query with its candidates.

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
    """Queries with relevant and irrelevant candidates.

    Attributes:
        name: of the task, in results.
        lists: the queries with their candidates; those without a positive or without a negative
            candidate are left out.
        split: of the data.
    """

    name: str
    lists: Sequence[Candidates]
    split: str = "test"
    type = "Reranking"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """MAP, MRR@10 and nDCG@10 of the candidates in the order of their cosine."""
        lists = [c for c in self.lists if c.positive and c.negative]
        queries = embed(model, [c.query for c in lists], "query")
        texts = [text for c in lists for text in (*c.positive, *c.negative)]
        vectors = embed(model, texts, "document")
        each: dict[str, list[float]] = {"map": [], "mrr": [], "ndcg_at_10": []}
        first: list[str] = []
        similarities: list[NDArray[np.float64]] = []
        labels: list[NDArray[np.bool_]] = []
        start = 0
        for item, query in zip(lists, queries, strict=True):
            candidates = [*item.positive, *item.negative]
            part = vectors[start : start + len(candidates)]
            start += len(candidates)
            judged = np.arange(len(candidates)) < len(item.positive)
            # as in mteb, the index of a candidate is its id, which breaks ties
            similarity = cosine(query, part)[0]
            similarities.append(similarity.astype(np.float64))
            labels.append(judged)
            order = trec_order(similarity, [f"{i:09}" for i in range(len(candidates))])
            each["map"].append(map_at(judged[order], judged, len(candidates)))
            each["mrr"].append(mrr_at(judged[order], judged, 10))
            each["ndcg_at_10"].append(ndcg_at(judged[order], judged, 10))
            first.append(candidates[order[0]])
        scores = {name: float(np.mean(values)) for name, values in each.items()}
        per_item_scores = np.array(each["map"])

        def case(i: int) -> Case:
            return Case(lists[i].query, lists[i].positive[0], first[i])

        pairs = None
        if lists:
            truth = np.concatenate(labels).astype(np.float64)
            pairs = PairCounts.of(np.concatenate(similarities), truth)
        return TaskOutcome(
            scores, "map", per_item_scores, lambda items: float(per_item_scores[items].mean()),
            case, pairs,
        )  # fmt: skip
