"""How relevant chunks are to questions that a collection does not answer, and where to draw a line.

The relevance of the best chunk to many off-topic questions has a tail; a Gumbel distribution, the
limit for the largest of many values, is fitted to it. A few off-topic questions are answered by
nearly any large collection; they are outliers at the very end, which the fit leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.85, 0.88, 0.9, 0.92, 0.94, 0.96, 0.98)
"""Quantiles of the off-topic questions' relevance that the tail is fitted to."""

BODY = (0.5, 0.6, 0.7, 0.8, 0.85)
"""The same to find topics of the collection: a few of them hardly move these."""

STRAY = 0.0025
"""Share of the off-topic questions that a collection of mixed texts happens to answer."""

ON_TOPIC = 0.5
"""Share of a topic's questions above the threshold of all others that makes it the collection's."""

COVERAGE_WEIGHT = 6.0
"""Relevance of a chunk that has all words of a question, in spreads of the similarity."""


@dataclass(frozen=True)
class Calibration:
    """The relevance of the best chunk to off-topic questions, for one collection and model.

    Attributes:
        center: median similarity of an off-topic question to its nearest chunk.
        spread: standard deviation of the same, from its quantiles.
        location: of the Gumbel distribution of their relevance.
        scale: of the same.
        questions: how many off-topic questions it is of.
        topics: topics that the collection is about, whose questions were left out.
        own: relevance of chunks to pseudo-questions made from their sentences, in order.
        chunks: chunks there were when it was measured.
        changed: chunks that have come or gone since.
    """

    center: float
    spread: float
    location: float
    scale: float
    questions: int
    topics: tuple[str, ...] = ()
    own: tuple[float, ...] = ()
    chunks: int = 0
    changed: int = 0

    def relevance(self, similarity: float, sentence: float, coverage: float) -> float:
        """The relevance of a chunk to a question, in spreads above the median of off-topic ones.

        Args:
            similarity: of the chunk.
            sentence: of its most similar sentence.
            coverage: weighted share of the question's words that the chunk has.
        """
        similar = ((similarity + sentence) / 2 - self.center) / self.spread
        return similar + COVERAGE_WEIGHT * coverage

    def threshold(self, false_alarms: float) -> float:
        """The relevance that this share of off-topic questions reaches."""
        share = false_alarms + self._stray
        if share >= 1:
            return -math.inf
        return self.location - self.scale * math.log(-math.log1p(-share))

    def false_alarm_rate(self, relevance: float) -> float:
        """The share of off-topic questions whose best chunk is at least as relevant."""
        exponent = (self.location - relevance) / self.scale
        share = -math.expm1(-math.exp(min(exponent, 50.0)))
        return max(share - self._stray, 0.0)

    @property
    def _stray(self) -> float:
        """Where topics were left out, so were the questions that are answered."""
        return 0.0 if self.topics else STRAY

    def refused(self, false_alarms: float) -> float | None:
        """Estimated share of the answerable questions that are refused at this rate."""
        if not self.own:
            return None
        threshold = self.threshold(false_alarms)
        return sum(relevance < threshold for relevance in self.own) / len(self.own)


def own_topics(relevances: NDArray[np.float64], topics: NDArray[np.str_]) -> list[str]:
    """The topics that a collection is about: most of their questions are as relevant as answers.

    Args:
        relevances: of the off-topic questions, float64 `[n]`.
        topics: of the same, `[n]`.
    """
    left = np.ones(len(topics), np.bool_)
    found: list[str] = []
    while True:
        shares = {
            str(topic): _share_above(relevances, left, topics == topic)
            for topic in np.unique(topics[left])
        }
        topic = max(shares, key=lambda name: shares[name])
        if shares[topic] < ON_TOPIC or 2 * len(found) >= len(shares):
            return found
        found.append(topic)
        left &= topics != topic


def _share_above(
    relevances: NDArray[np.float64], left: NDArray[np.bool_], topic: NDArray[np.bool_]
) -> float:
    """The share of a topic's questions above the threshold of all others at one in a hundred."""
    others = relevances[left & ~topic]
    location, scale = fitted(others, len(others), BODY)
    threshold = location - scale * math.log(-math.log1p(-0.01))
    return float(np.mean(relevances[topic] >= threshold))


def fitted(
    relevances: Sequence[float] | NDArray[np.float64],
    questions: int,
    levels: Sequence[float] = LEVELS,
) -> tuple[float, float]:
    """Location and scale of the Gumbel distribution of all questions' relevance.

    Args:
        relevances: of the most relevant questions; of the others it is lower.
        questions: how many there are in all.
        levels: quantiles that are fitted.
    """
    ordered = np.sort(np.asarray(relevances, np.float64))
    places = np.array(levels) * (questions - 1) - (questions - len(ordered))
    values = np.interp(places, np.arange(len(ordered)), ordered)
    scale, location = np.polyfit(-np.log(-np.log(levels)), values, 1)
    return float(location), max(float(scale), 1e-3)
