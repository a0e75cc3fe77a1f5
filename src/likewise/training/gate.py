"""Before and after: what a training changed, and whether the model is good enough to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from likewise.evaluation.contract import Task, TaskOutcome, TextEncoder
from likewise.evaluation.significance import Difference, paired, resamples

Purpose = Literal["dev", "general"]
RESAMPLES = 1000


@dataclass(frozen=True)
class Measured:
    """The outcome of a model on a task.

    Attributes:
        task: the task.
        purpose: whether it should improve (`dev`), or must not get worse (`general`).
        outcome: its scores.
    """

    task: Task
    purpose: Purpose
    outcome: TaskOutcome

    @property
    def points(self) -> float:
        """The main score, in points out of 100."""
        return 100 * self.outcome.score


@dataclass(frozen=True)
class Change:
    """A score before and after a training, in points out of 100.

    Attributes:
        task: name of the task.
        metric: its main metric.
        purpose: see `Measured`.
        items: number of its items.
        before: score of the original model.
        after: score of the trained model.
        low: lower bound of the difference, 95%, on the same items.
        high: upper bound.
    """

    task: str
    metric: str
    purpose: Purpose
    items: int
    before: float
    after: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True)
class Verdict:
    """Whether a trained model is promoted.

    Attributes:
        promoted: whether it is.
        changes: every score, before and after.
        reasons: why it is not; empty if it is.
        advice: what to try.
    """

    promoted: bool
    changes: tuple[Change, ...]
    reasons: tuple[str, ...] = ()
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values."""
        changes = [asdict(c) | {"difference": c.difference} for c in self.changes]
        return asdict(self) | {"changes": changes, "reasons": list(self.reasons)}

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        if self.promoted:
            dev = next(c for c in self.changes if c.purpose == "dev")
            return (
                f"promoted: {dev.task} rose from {dev.before:.1f} to {dev.after:.1f}, and general "
                "ability held"
            )
        return "not promoted: " + "; ".join(self.reasons)


def measure(model: TextEncoder, tasks: Sequence[tuple[Task, Purpose]]) -> list[Measured]:
    """Run a model on tasks."""
    return [Measured(task, purpose, task.run(model)) for task, purpose in tasks]


def changes(before: Sequence[Measured], after: Sequence[Measured]) -> list[Change]:
    """Every score before and after, with the interval of the difference on the same items."""
    return [_change(old, new) for old, new in zip(before, after, strict=True)]


def _change(old: Measured, new: Measured) -> Change:
    items = len(old.outcome.per_item_scores)
    difference: Difference = paired(
        new.outcome.resample, old.outcome.resample, resamples(items, RESAMPLES)
    )
    low, high = 100 * difference.interval.low, 100 * difference.interval.high
    return Change(
        old.task.name, old.outcome.main_score, old.purpose, items,
        round(old.points, 2), round(new.points, 2), round(low, 2), round(high, 2),
    )  # fmt: skip


def judge(found: Sequence[Change], max_drop: float) -> Verdict:
    """Decide whether a trained model is promoted.

    It is not, if a general score fell by more than is allowed, or if the dev score did not rise
    beyond chance (the interval of its difference has 0 in it).

    Args:
        found: scores before and after.
        max_drop: points out of 100 that a general score may fall.
    """
    reasons, advice = [], []
    for change in found:
        if not np.isfinite(change.after):
            reasons.append(f"{change.task} cannot be computed: the vectors are not numbers")
            advice.append("use a lower learning rate")
        elif change.purpose == "general" and change.difference < -max_drop:
            reasons.append(
                f"{change.task} fell from {change.before:.1f} to {change.after:.1f}, by more than "
                f"the allowed {max_drop:g}"
            )
            advice.append(
                "use a lower learning rate, fewer steps, or a higher keep_general in the recipe"
            )
        elif change.purpose == "dev" and not change.low > 0:
            verb = "fell" if change.high < 0 else "did not rise beyond chance"
            reasons.append(
                f"{change.task} {verb}: {change.before:.1f} before, {change.after:.1f} after "
                f"(difference {change.low:+.1f} to {change.high:+.1f})"
            )
            advice.append(
                "check that the pairs belong together" if change.high < 0
                else "give more data or more steps, or hold out more rows"
            )  # fmt: skip
    return Verdict(not reasons, tuple(found), tuple(reasons), "; ".join(dict.fromkeys(advice)))
