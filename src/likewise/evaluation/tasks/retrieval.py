"""Retrieval: are the relevant documents at the top of the list?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.metrics import map_at, mrr_at, ndcg_at, precision_at, recall_at, trec_order
from likewise.vectors import normalize

DEPTHS = (1, 3, 5, 10, 20, 100, 1000)
METRICS = {
    "ndcg": ndcg_at,
    "map": map_at,
    "recall": recall_at,
    "precision": precision_at,
    "mrr": mrr_at,
}
CHUNK = 256
"""Queries scored against the whole corpus at once."""


@dataclass(frozen=True)
class Ranking:
    """What was found for one query, best first.

    Attributes:
        documents: places in the corpus.
        relevance: judged relevance of each, 0 where not judged.
    """

    documents: NDArray[np.int64]
    relevance: NDArray[np.float64]


@dataclass(frozen=True)
class Retrieval:
    """Queries, a corpus, and which documents answer which query.

    Attributes:
        name: what it is called in results.
        queries: text by query id.
        corpus: text by document id.
        relevant: for each query id, relevance by document id; queries without any are left out.
        split: which part of the data it is.
        skip_same_id: leave out a document that carries the query's own id (as ArguAna wants it).
    """

    name: str
    queries: Mapping[str, str]
    corpus: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]
    split: str = "test"
    skip_same_id: bool = False
    type = "Retrieval"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """NDCG, MAP, recall, precision and MRR at 1 to 1,000, by cosine over the whole corpus."""
        asked = [q for q in self.queries if self.relevant.get(q)]
        ids = list(self.corpus)
        documents = normalize(embed(model, list(self.corpus.values()), "document"))
        queries = normalize(embed(model, [self.queries[q] for q in asked], "query"))
        rankings = [
            self._ranking(query, row, ids)
            for start in range(0, len(asked), CHUNK)
            for query, row in zip(
                asked[start : start + CHUNK],
                queries[start : start + CHUNK] @ documents.T,
                strict=True,
            )
        ]
        result = score_rankings(rankings, [list(self.relevant[q].values()) for q in asked])
        each = result.each

        def case(i: int) -> Case:
            wanted = max(self.relevant[asked[i]], key=lambda d: self.relevant[asked[i]][d])
            return Case(
                self.queries[asked[i]],
                self.corpus.get(wanted, "a document that is not in the corpus"),
                self.corpus[ids[rankings[i].documents[0]]],
            )

        return TaskOutcome(
            result.scores, "ndcg_at_10", each, lambda places: float(each[places].mean()), case
        )

    def _ranking(self, query: str, scores: NDArray[np.float32], ids: Sequence[str]) -> Ranking:
        if self.skip_same_id and query in self.corpus:
            scores[ids.index(query)] = -np.inf
        best = nearest(scores, ids, max(DEPTHS))
        judged = self.relevant[query]
        relevance = np.array([judged.get(ids[d], 0) for d in best.tolist()], dtype=np.float64)
        return Ranking(best, relevance)


def nearest(scores: NDArray[np.float32], ids: Sequence[str], depth: int) -> NDArray[np.int64]:
    """Places of the `depth` highest scores, ties as trec_eval settles them."""
    candidates = np.arange(scores.size)
    if scores.size > depth:
        # all that reach the last score kept, so that ties at the edge are settled by id
        edge = np.partition(scores, -depth)[-depth]
        candidates = np.flatnonzero(scores >= edge)
    order = trec_order(scores[candidates], [ids[c] for c in candidates.tolist()])
    return np.asarray(candidates[order][:depth], dtype=np.int64)


@dataclass(frozen=True)
class Scored:
    """What rankings are worth.

    Attributes:
        scores: the mean over the queries, by metric.
        each: nDCG at 10 of each query.
    """

    scores: dict[str, float]
    each: NDArray[np.float64]


def score_rankings(rankings: Sequence[Ranking], judged: Sequence[Sequence[int]]) -> Scored:
    """Every metric at every depth.

    Args:
        rankings: what was found, for each query.
        judged: every judgement of each query, found or not.
    """
    pairs = [(r.relevance, list(j)) for r, j in zip(rankings, judged, strict=True)]
    scores = {
        f"{name}_at_{depth}": float(np.mean([metric(found, j, depth) for found, j in pairs]))
        for name, metric in METRICS.items()
        for depth in DEPTHS
    }
    return Scored(scores, np.array([ndcg_at(found, j, 10) for found, j in pairs]))
