"""Thresholds of near-duplicates: a percentile of random pairs, or learned from a few answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.dedup.exact import ExactGroups
from likewise.analysis.dedup.near_pairs import near_pairs
from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.neighbors.graph import own_order
from likewise.errors import InputError
from likewise.progress import ProgressFactory, no_progress
from likewise.vectors import Matrix

QUESTIONS = 20
"""Most pairs that are asked about."""
LOWEST = 0.5
"""Pairs less similar than this are not asked about."""
_PAIRS = 500_000
"""Random pairs that a percentile is computed from."""
_PIECE = 50_000
_MARGIN = 0.1
"""Pairs further below a threshold are not borderline."""
_NEIGHBORS = 16
"""Neighbors of each text that pairs are taken from, as many as `dedupe` looks up."""
_BINS, _IN_BIN = 100, 8
"""Pairs to ask about are drawn from this many bins of similarity, this many from each."""


def percentile(vectors: Matrix, percent: float) -> float:
    """The similarity that `percent` percent of random pairs stay below.

    Args:
        vectors: float32 `[n, dimension]` of length 1; their order does not matter.
        percent: between 0 and 100, such as 99.99.

    Raises:
        InputError: no percentage, or fewer than two vectors.
    """
    n = len(vectors)
    if not 0 < percent <= 100:
        raise InputError(f"{percent} is no percentile", hint="choose one above 0, up to 100")
    if n < 2:
        raise InputError("one text has no pairs", hint="give a threshold instead")
    order = own_order(vectors)
    rng = np.random.default_rng(0)
    left = rng.integers(n, size=min(_PAIRS, n * (n - 1) // 2))
    right = (left + rng.integers(1, n, size=len(left))) % n
    scores = np.empty(len(left))
    for start in range(0, len(left), _PIECE):
        part = slice(start, start + _PIECE)
        a, b = vectors[order[left[part]]], vectors[order[right[part]]]
        scores[part] = np.einsum("ij,ij->i", a, b)
    return float(np.percentile(scores, percent))


@dataclass(frozen=True)
class LearnedThreshold:
    """A threshold learned from answers.

    Attributes:
        threshold: the similarity at which yes and no are equally likely.
        low: lower end of its 95% interval.
        high: upper end.
        answers: how many it was learned from.
    """

    threshold: float
    low: float
    high: float
    answers: int


class ThresholdLearner:
    """Learns a threshold from answers, and chooses what to ask next.

    The probability of "same" is a logistic curve over similarity. The posterior of its midpoint and
    slope is computed on a grid (Bayes' rule), so that answers that are perfectly separable give an
    interval as well as those that contradict each other. The next pair is the one with the highest
    mutual information between its answer and the curve (Houlsby et al. 2011, BALD).

    Args:
        similarities: of the pairs that can be asked about.

    Raises:
        InputError: there are none.
    """

    def __init__(self, similarities: Sequence[float]) -> None:
        if not len(similarities):
            raise InputError(
                "there are no borderline pairs to ask about",
                hint=f"no two texts are {LOWEST} alike; give a threshold",
            )
        self._open = dict(enumerate(similarities))
        self._midpoints = np.linspace(LOWEST, 1.0, 126)
        slopes = np.geomspace(10, 400, 12)
        grid = np.meshgrid(self._midpoints, slopes, indexing="ij")
        self._midpoint, self._slope = grid[0].ravel(), grid[1].ravel()
        self._weights = np.full(self._midpoint.size, 1 / self._midpoint.size)
        self._answers = 0

    def ask(self) -> int | None:
        """Index of the most informative pair; None where all were asked."""
        if not self._open:
            return None
        indices = list(self._open)
        yes = self._yes(np.asarray([self._open[index] for index in indices]))
        gain = _entropy(yes @ self._weights) - _entropy(yes) @ self._weights
        return indices[int(gain.argmax())]

    def answer(self, index: int, same: bool | None) -> None:
        """Learn whether the pair of that index is the same; None skips it."""
        similarity = self._open.pop(index)
        if same is None:
            return
        yes = self._yes(np.asarray([similarity]))[0]
        weights = self._weights * (yes if same else 1 - yes)
        self._weights = weights / weights.sum()
        self._answers += 1

    @property
    def result(self) -> LearnedThreshold:
        """The threshold learned so far."""
        share = self._weights.reshape(len(self._midpoints), -1).sum(axis=1)
        low, median, high = np.interp([0.025, 0.5, 0.975], np.cumsum(share), self._midpoints)
        return LearnedThreshold(float(median), float(low), float(high), self._answers)

    def _yes(self, similarities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of "same" for each similarity under each curve of the grid."""
        curves: NDArray[np.float64] = 1 / (
            1 + np.exp(-self._slope * (similarities[:, None] - self._midpoint))
        )
        return curves


@dataclass(frozen=True)
class Question:
    """Two texts that may be the same.

    Attributes:
        row: row of one.
        other: row of the other.
        similarity: of the two.
    """

    row: int
    other: int
    similarity: float


def questions(
    corpus: EmbeddedCorpus, *, progress: ProgressFactory = no_progress
) -> tuple[Question, ...]:
    """Informative pairs of a corpus, a few of each similarity; the same in any order.

    Args:
        corpus: the records with their vectors.
        progress: opens a bar for each stage.
    """
    texts = ExactGroups(corpus.texts, "longest")
    if len(texts.rows) < 2:
        return ()
    found = near_pairs(corpus, texts.rows, texts.positions, LOWEST, k=_NEIGHBORS, progress=progress)
    return tuple(
        Question(
            int(texts.rows[found.left[index]]),
            int(texts.rows[found.right[index]]),
            float(found.similarities[index]),
        )
        for index in _spread(found.similarities)
    )


def borderline(
    corpus: EmbeddedCorpus, threshold: float, count: int, *, progress: ProgressFactory = no_progress
) -> tuple[Question, ...]:
    """The pairs of different texts nearest to a threshold, most similar first.

    Args:
        corpus: the records with their vectors.
        threshold: a cosine similarity.
        count: pairs at or above it, and pairs below it, at most.
        progress: opens a bar for each stage.
    """
    texts = ExactGroups(corpus.texts, "longest")
    if len(texts.rows) < 2 or threshold > 1:
        return ()
    low = max(threshold - _MARGIN, 0.0)
    found = near_pairs(corpus, texts.rows, texts.positions, low, k=_NEIGHBORS, progress=progress)
    order = np.argsort(-found.similarities, kind="stable")
    at = int((found.similarities >= threshold).sum())
    return tuple(
        Question(
            int(texts.rows[found.left[index]]),
            int(texts.rows[found.right[index]]),
            float(found.similarities[index]),
        )
        for index in order[max(at - count, 0) : at + count]
    )


def _entropy(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    result: NDArray[np.float64] = -p * np.log(p) - (1 - p) * np.log(1 - p)
    return result


def _spread(similarities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices of pairs to ask about, spread evenly over similarity."""
    order = np.argsort(similarities, kind="stable")
    order = order[(similarities[order] >= LOWEST) & (similarities[order] < 1 - 1e-6)]
    bins = ((similarities[order] - LOWEST) / (1 - LOWEST) * _BINS).astype(int)
    chosen = []
    for number in np.unique(bins):
        inside = order[bins == number]
        chosen.append(inside[np.linspace(0, len(inside) - 1, _IN_BIN).round().astype(int)])
    return np.unique(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)
