"""Hard negatives: texts near a query that do not answer it, found in a corpus or a collection.

A candidate is a negative if it is not among the known positives and is clearly less similar to the
query than they are: what is as similar is often an unmarked positive. The margins are those of
NV-Retriever (Moreira et al., 2024) and of sentence-transformers' `mine_hard_negatives`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from likewise.collections.contract import Scorer
from likewise.errors import InputError
from likewise.progress import Progress
from likewise.training.candidate_sources import CandidateSource, Found, PositivePair
from likewise.training.mining_settings import MiningSettings

Reason = Literal["known", "too similar", "too different"]
"""Why a candidate is no negative."""

EXAMPLES = 5

DEFAULTS = MiningSettings()


@dataclass(frozen=True)
class MinedRow:
    """A query with its positives and hard negatives.

    Attributes:
        query: the query.
        pos: texts that answer it.
        neg: texts that do not, the most similar first unless they were drawn.
    """

    query: str
    pos: tuple[str, ...]
    neg: tuple[str, ...]


@dataclass(frozen=True)
class MinedExample:
    """One query of a report, with what was found for it.

    Attributes:
        query: the query.
        positive: its best positive.
        positive_score: similarity of that.
        negative: its hardest negative.
        negative_score: similarity of that.
        left_out: the most similar candidate that was left out as too similar; empty if none was.
        left_out_score: similarity of that; 0 if there is none.
    """

    query: str
    positive: str
    positive_score: float
    negative: str
    negative_score: float
    left_out: str
    left_out_score: float


@dataclass(frozen=True)
class MiningReport:
    """What mining found.

    Attributes:
        queries: how many there are.
        candidates: texts that negatives were looked for in.
        negatives: how many were found.
        without: queries for which none was found.
        positive_score: mean similarity of the best positive of each query.
        negative_score: mean similarity of the negatives; None if there are none.
        left_out: candidates that are no negatives, by the reason.
        examples: some queries with what was found.
    """

    queries: int
    candidates: int
    negatives: int
    without: int
    positive_score: float
    negative_score: float | None
    left_out: Mapping[str, int]
    examples: tuple[MinedExample, ...]


@dataclass(frozen=True)
class Mined:
    """Rows to train on, and the report.

    Attributes:
        rows: one for each query, in their order.
        report: what was found.
    """

    rows: tuple[MinedRow, ...]
    report: MiningReport


def mine(
    pairs: Sequence[PositivePair],
    source: CandidateSource,
    settings: MiningSettings = DEFAULTS,
    *,
    reranker: Scorer | None = None,
    progress: Progress | None = None,
) -> Mined:
    """Find hard negatives of queries.

    Args:
        pairs: queries with their positives; those of one query are joined.
        source: where negatives are looked for.
        settings: which candidates are negatives.
        reranker: a cross-encoder whose scores replace the similarities in the margins and limits;
            scores beyond 0 to 1 go through a sigmoid first.
        progress: called with the number of queries that are finished.

    Raises:
        InputError: there are no pairs, or nothing to find negatives in.
    """
    if not pairs:
        raise InputError("there are no pairs to find negatives for", hint="give query and pos")
    if not len(source):
        raise InputError("there are no texts to find negatives in", hint="name a larger file")
    bar = progress or Progress()
    joined = join_pairs(pairs)
    most = max(len(pair.pos) + len(pair.neg) for pair in joined)
    depth = settings.last_rank + most + 1  # positives, and the query itself, take ranks
    known = source.scores(joined, Progress())
    random = np.random.default_rng(settings.seed)
    tally = _Tally()
    rows = []
    queries = [pair.query for pair in joined]
    for pair, positive, found in zip(
        joined, known, source.search(queries, depth, bar), strict=True
    ):
        scored = _Scored(pair, max(positive), tuple(found))
        rows.append(_row(scored, settings, reranker, random, tally))
    return Mined(tuple(rows), tally.report(len(source)))


def join_pairs(pairs: Iterable[PositivePair]) -> list[PositivePair]:
    """Pairs with one row a query: its positives and negatives together."""
    pos: dict[str, dict[str, None]] = {}
    neg: dict[str, dict[str, None]] = {}
    for pair in pairs:
        pos.setdefault(pair.query, {}).update(dict.fromkeys(pair.pos))
        neg.setdefault(pair.query, {}).update(dict.fromkeys(pair.neg))
    return [PositivePair(query, tuple(pos[query]), tuple(neg[query])) for query in pos]


@dataclass(frozen=True)
class _Scored:
    """A query with the score of its best positive and its candidates."""

    pair: PositivePair
    positive: float
    found: tuple[Found, ...]


def _row(
    scored: _Scored,
    settings: MiningSettings,
    reranker: Scorer | None,
    random: np.random.Generator,
    tally: _Tally,
) -> MinedRow:
    pair = scored.pair
    known = {text.strip() for text in (pair.query, *pair.pos, *pair.neg)}
    others = [each for each in scored.found if each.text.strip() not in known]
    tally.left_out["known"] += len(scored.found) - len(others)
    ranked = others[settings.first_rank - 1 : settings.last_rank]
    positive = scored.positive
    if reranker is not None and ranked:
        values = _reranked(reranker, pair, ranked)
        positive = float(values[: len(pair.pos)].max())
        ranked = [
            replace(each, score=float(value))
            for each, value in zip(ranked, values[len(pair.pos) :], strict=True)
        ]
        ranked.sort(key=lambda each: -each.score)
    limit = settings.limit(positive)
    close = [each for each in ranked if each.score > limit]
    low = settings.min_score if settings.min_score is not None else -np.inf
    fitting = [each for each in ranked if low <= each.score <= limit]
    tally.left_out["too similar"] += len(close)
    tally.left_out["too different"] += len(ranked) - len(close) - len(fitting)
    chosen = fitting[: settings.negatives]
    if settings.sampling == "random" and len(fitting) > settings.negatives:
        drawn = random.choice(len(fitting), settings.negatives, replace=False)
        chosen = [fitting[n] for n in drawn.tolist()]
    tally.count(pair, positive, chosen, close)
    return MinedRow(pair.query, pair.pos, (*pair.neg, *(each.text for each in chosen)))


def _reranked(reranker: Scorer, pair: PositivePair, ranked: Sequence[Found]) -> NDArray[np.float64]:
    """Scores of the positives and of the candidates, from 0 to 1."""
    texts = [*pair.pos, *(each.text for each in ranked)]
    values = np.asarray(reranker.scores(pair.query, texts), np.float64)
    if values.min() < 0 or values.max() > 1:
        values = 1 / (1 + np.exp(-values))
    return values


@dataclass
class _Tally:
    """Counts for the report."""

    queries: int = 0
    without: int = 0
    positive: float = 0.0
    negative: float = 0.0
    negatives: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    examples: list[MinedExample] = field(default_factory=list)

    def count(
        self, pair: PositivePair, positive: float, chosen: Sequence[Found], close: Sequence[Found]
    ) -> None:
        self.queries += 1
        self.positive += positive
        self.without += not chosen
        self.negatives += len(chosen)
        self.negative += sum(each.score for each in chosen)
        if chosen and len(self.examples) < EXAMPLES:
            hardest = max(chosen, key=lambda each: each.score)
            left = max(close, key=lambda each: each.score, default=Found("", 0.0))
            self.examples.append(
                MinedExample(
                    pair.query, pair.pos[0], positive, hardest.text, hardest.score, left.text,
                    left.score,
                )
            )  # fmt: skip

    def report(self, candidates: int) -> MiningReport:
        return MiningReport(
            self.queries, candidates, self.negatives, self.without, self.positive / self.queries,
            self.negative / self.negatives if self.negatives else None,
            {str(reason): count for reason, count in self.left_out.items()}, tuple(self.examples),
        )  # fmt: skip
