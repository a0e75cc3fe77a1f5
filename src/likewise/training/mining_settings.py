"""Which candidates are hard negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from likewise.errors import InputError

Sampling = Literal["hardest", "random"]


@dataclass(frozen=True)
class MiningSettings:
    """Which candidates are negatives.

    Attributes:
        negatives: how many for a query at most.
        first_rank: candidates nearer than this rank are left out, from 1.
        last_rank: the last rank that is looked at.
        margin: a negative is less similar than the best positive by at least this.
        relative_margin: and by at least this share of its similarity.
        max_score: a negative is at most so similar.
        min_score: and at least so similar.
        sampling: `hardest` takes the most similar ones, `random` any of those that are left.
        seed: of `random`.
    """

    negatives: int = 5
    first_rank: int = 1
    last_rank: int = 100
    margin: float = 0.0
    relative_margin: float = 0.05
    max_score: float | None = None
    min_score: float | None = None
    sampling: Sampling = "hardest"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.first_rank <= self.last_rank:
            raise InputError(
                f"ranks {self.first_rank} to {self.last_rank} are no range",
                hint="give such as --first-rank 10 --last-rank 100",
            )
        if self.negatives < 1:
            raise InputError(f"cannot find {self.negatives} negatives", hint="give 1 or more")

    def limit(self, positive: float) -> float:
        """The highest score of a negative, by that of the best positive."""
        highest = min(positive - self.margin, positive - self.relative_margin * abs(positive))
        return highest if self.max_score is None else min(highest, self.max_score)
