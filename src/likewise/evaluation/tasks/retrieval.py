"""Retrieval: whether the relevant documents rank first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.evaluation.contract import Case, TaskOutcome, TextEncoder, embed
from likewise.evaluation.decisions import PairCounts
from likewise.evaluation.metrics import map_at, mrr_at, ndcg_at, precision_at, recall_at, trec_order
from likewise.evaluation.phrases import Phrase
from likewise.vectors import normalize

DEPTHS = (1, 3, 5, 10, 20, 100, 1000)
METRICS = {
    "ndcg": ndcg_at,
    "map": map_at,
    "recall": recall_at,
    "precision": precision_at,
    "mrr": mrr_at,
}
OTHERS = 10
"""Documents that are not relevant to a query among the pairs that a threshold decides."""
BATCH = 256
"""Queries scored against the corpus at once."""


@dataclass(frozen=True)
class Ranking:
    """The documents retrieved for one query, best first.

    Attributes:
        documents: their indices in the corpus.
        relevance: judged relevance of each; 0 if not judged.
        relevant: cosine of the relevant documents that are in the corpus.
        others: cosine of the nearest documents that are not relevant, `OTHERS` at most.
    """

    documents: NDArray[np.int64]
    relevance: NDArray[np.float64]
    relevant: NDArray[np.float32]
    others: NDArray[np.float32]


@dataclass(frozen=True)
class Retrieval:
    """Queries, a corpus, and relevance judgements.

    Attributes:
        name: of the task, in results.
        queries: text by query id.
        corpus: text by document id.
        relevant: by query id, relevance by document id; queries without judgements are left out.
        split: of the data.
        skip_same_id: leave out the document with the id of the query, as ArguAna requires.
    """

    name: str
    queries: Mapping[str, str]
    corpus: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]
    split: str = "test"
    skip_same_id: bool = False
    type = "Retrieval"

    def run(self, model: TextEncoder) -> TaskOutcome:
        """NDCG, MAP, recall, precision and MRR at 1 to 1,000, by cosine over the corpus."""
        query_ids = [q for q in self.queries if self.relevant.get(q)]
        ids = list(self.corpus)
        places = {document: place for place, document in enumerate(ids)}
        documents = normalize(embed(model, list(self.corpus.values()), "document"))
        queries = normalize(embed(model, [self.queries[q] for q in query_ids], "query"))
        rankings = [
            self._ranking(query, row, ids, places)
            for start in range(0, len(query_ids), BATCH)
            for query, row in zip(
                query_ids[start : start + BATCH],
                queries[start : start + BATCH] @ documents.T,
                strict=True,
            )
        ]
        result = score_rankings(rankings, [list(self.relevant[q].values()) for q in query_ids])
        each = result.each

        def case(i: int) -> Case:
            judged = self.relevant[query_ids[i]]
            best = max(judged, key=lambda document: judged[document])
            return Case(
                self.queries[query_ids[i]],
                self.corpus.get(best, Phrase("no_document")),
                self.corpus[ids[rankings[i].documents[0]]],
            )

        return TaskOutcome(
            result.scores, "ndcg_at_10", each, lambda items: float(each[items].mean()), case,
            self._pairs(query_ids, rankings) if rankings else None,
        )  # fmt: skip

    def _pairs(self, query_ids: Sequence[str], rankings: Sequence[Ranking]) -> PairCounts:
        """Each query with its relevant documents, and with the nearest others."""
        relevant = np.concatenate([each.relevant for each in rankings])
        others = np.concatenate([each.others for each in rankings])
        judged = sum(sum(r > 0 for r in self.relevant[q].values()) for q in query_ids)
        return PairCounts.of(
            np.concatenate([relevant, others]).astype(np.float64),
            np.repeat([1.0, 0.0], [relevant.size, others.size]),
            judged - relevant.size,
        )

    def _ranking(
        self,
        query: str,
        scores: NDArray[np.float32],
        ids: Sequence[str],
        places: Mapping[str, int],
    ) -> Ranking:
        if self.skip_same_id and query in places:
            scores[places[query]] = -np.inf
        best = nearest(scores, ids, max(DEPTHS))
        judged = self.relevant[query]
        relevance = np.array([judged.get(ids[d], 0) for d in best.tolist()], dtype=np.float64)
        relevant = [places[d] for d, r in judged.items() if r > 0 and d in places]
        found = scores[relevant]
        others = scores[best[relevance <= 0][:OTHERS]]
        return Ranking(best, relevance, found[np.isfinite(found)], others[np.isfinite(others)])


def nearest(scores: NDArray[np.float32], ids: Sequence[str], depth: int) -> NDArray[np.int64]:
    """Indices of the `depth` highest scores; ties are broken as in trec_eval."""
    candidates = np.arange(scores.size)
    if scores.size > depth:
        # include every document with the last score, so that ties are broken by id
        last_score = np.partition(scores, -depth)[-depth]
        candidates = np.flatnonzero(scores >= last_score)
    order = trec_order(scores[candidates], [ids[c] for c in candidates.tolist()])
    return np.asarray(candidates[order][:depth], dtype=np.int64)


@dataclass(frozen=True)
class RankingScores:
    """Metrics of rankings.

    Attributes:
        scores: mean over the queries, by metric.
        each: nDCG@10 of each query, float64 `[n]`.
    """

    scores: dict[str, float]
    each: NDArray[np.float64]


def score_rankings(rankings: Sequence[Ranking], judged: Sequence[Sequence[int]]) -> RankingScores:
    """Compute every metric at every depth.

    Args:
        rankings: the ranking of each query.
        judged: all judged relevances of each query, also of documents that were not retrieved.
    """
    pairs = [(r.relevance, list(j)) for r, j in zip(rankings, judged, strict=True)]
    scores = {
        f"{name}_at_{depth}": float(np.mean([metric(found, j, depth) for found, j in pairs]))
        for name, metric in METRICS.items()
        for depth in DEPTHS
    }
    return RankingScores(scores, np.array([ndcg_at(found, j, 10) for found, j in pairs]))
