"""Recommends one of the candidates of a model comparison, with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from likewise.evaluation.candidates import CandidateResult

TOLERANCE = 0.005
"""Loss of quality, 0 to 1, that higher speed or smaller vectors make up for, by default."""
EQUAL_SPEED = 0.9
"""Share of the highest speed from which candidates are compared by the size of their vectors."""


def recommend(results: Sequence[CandidateResult], tolerance: float = TOLERANCE) -> CandidateResult:
    """The fastest, then the smallest, of the candidates that are about as good as the best.

    A candidate is worse if it scores more than the tolerance below the best, or if the difference
    is significant and its 95% interval reaches below twice the tolerance.
    """
    good = [result for result in results if not _is_worse(result, tolerance)]
    fastest = max(result.cost.texts_per_second for result in good)
    fast = [r for r in good if r.cost.texts_per_second >= EQUAL_SPEED * fastest]
    return min(fast, key=lambda r: (r.candidate.vector_bytes, -r.quality.value))


def _is_worse(result: CandidateResult, tolerance: float) -> bool:
    gap = result.against_best
    return gap.interval.value < -tolerance or (
        gap.significant and gap.interval.low < -2 * tolerance
    )


def explain(
    choice: CandidateResult, results: Sequence[CandidateResult], tolerance: float = TOLERANCE
) -> str:
    """Why a candidate is recommended, in a sentence that follows "use it:"."""
    best = results[0]
    cost = _cost(choice)
    if choice is best:
        return f"it has the best score, and none as good is faster or smaller: {cost}."
    points = abs(100 * choice.against_best.interval.value)
    loss = f"{points:.2f} points below the best ({best.candidate.label})"
    allowed = f"within the tolerance of {100 * tolerance:g} points"
    costs = f"{cost} against {_cost(best)}"
    if not choice.against_best.significant or choice.against_best.interval.low >= -tolerance:
        return f"no difference that matters: it scores {loss}, {allowed}, with {costs}."
    return f"it scores {loss}, a significant difference but {allowed}, with {costs}."


def _cost(result: CandidateResult) -> str:
    speed, size = result.cost.texts_per_second, result.candidate.vector_bytes
    return f"{speed:,.0f} texts/s and {size} bytes per vector"
