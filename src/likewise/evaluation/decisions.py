"""What a threshold of similarity decides: precision, recall and cost at every threshold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 200
"""Thresholds between similarity 0 and 1."""
RATINGS = 10
"""Steps between the lowest and the highest rating at which pairs can count as matches."""
MATCH = 0.8
"""Where ratings from 0 to 1 begin to count as matches by default."""


@dataclass(frozen=True)
class Decision:
    """What a threshold decides about pairs.

    Attributes:
        threshold: the least similarity that is taken for a match.
        right: matches at or above it.
        wrong: other pairs at or above it.
        missed: matches below it.
    """

    threshold: float
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the pairs at or above the threshold that match; 1 without any."""
        taken = self.right + self.wrong
        return self.right / taken if taken else 1.0

    @property
    def recall(self) -> float:
        """Share of the matches that are at or above the threshold; 1 without any."""
        matches = self.right + self.missed
        return self.right / matches if matches else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


@dataclass(frozen=True)
class PairCounts:
    """Number of pairs by similarity and by rating, from which every threshold is read.

    Attributes:
        first: the lowest similarity, in steps of 1 / 200.
        ratings: from low to high, the least rating of each row of counts; 0 and 1 for labels.
        counts: for each rating, the number of pairs in each step of similarity.
        unseen: matches that have no similarity, since they were not found.
    """

    first: int
    ratings: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]
    unseen: int = 0

    @classmethod
    def of(
        cls, similarities: NDArray[np.float64], ratings: NDArray[np.float64], unseen: int = 0
    ) -> PairCounts:
        """Count pairs.

        Args:
            similarities: `[n]`.
            ratings: `[n]`, higher is more similar; 0 and 1 for labels.
            unseen: matches that have no similarity.
        """
        steps = np.floor(similarities * STEPS + 1e-9).astype(np.int64)
        low, high = float(ratings.min()), float(ratings.max())
        levels: tuple[float, ...]
        if set(np.unique(ratings).tolist()) <= {0.0, 1.0}:
            levels, rows = (0.0, 1.0), ratings.astype(np.int64)
        else:
            width = (high - low) / RATINGS or 1.0
            levels = tuple(round(low + i * width, 6) for i in range(RATINGS + 1))
            rows = np.floor((ratings - low) / width + 1e-9).astype(np.int64)
        first, last = int(steps.min()), int(steps.max())
        counts = np.zeros((len(levels), last - first + 1), np.int64)
        np.add.at(counts, (rows, steps - first), 1)
        return cls(first, levels, tuple(map(tuple, counts.tolist())), unseen)

    def at(self, threshold: float, match: float | None = None) -> Decision:
        """What a threshold decides.

        Args:
            threshold: the least similarity of a match; rounded up to a step of 1 / 200.
            match: the least rating that counts as a match; 1 for labels, else 80% of the range.
        """
        step = int(np.ceil(threshold * STEPS - 1e-9))
        column = min(max(step - self.first, 0), len(self.counts[0]))
        least = self._match() if match is None else match
        is_match = [rating >= least - 1e-9 for rating in self.ratings]
        right = sum(sum(c[column:]) for c, m in zip(self.counts, is_match, strict=True) if m)
        wrong = sum(sum(c[column:]) for c, m in zip(self.counts, is_match, strict=True) if not m)
        matches = sum(sum(c) for c, m in zip(self.counts, is_match, strict=True) if m)
        return Decision(step / STEPS, right, wrong, matches - right + self.unseen)

    def best(self, wrong: float = 1.0, missed: float = 1.0, match: float | None = None) -> Decision:
        """The decision that costs least; of several, that of the highest threshold.

        Args:
            wrong: cost of a pair at or above the threshold that is no match.
            missed: cost of a match below the threshold.
            match: the least rating that counts as a match, as in `at`.
        """
        steps = range(self.first + len(self.counts[0]), self.first - 1, -1)
        decisions = [self.at(step / STEPS, match) for step in steps]
        return min(decisions, key=lambda d: wrong * d.wrong + missed * d.missed)

    def to_dict(self) -> dict[str, Any]:
        """All attributes for JSON, and `step`: the width of a step of similarity."""
        return asdict(self) | {"step": 1 / STEPS}

    def _match(self) -> float:
        return self.ratings[0] + MATCH * (self.ratings[-1] - self.ratings[0])
