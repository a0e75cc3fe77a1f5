"""`likewise recommend`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.hit_format import say_hits
from likewise.operations.recommend import RecommendRequest, RecommendResult
from likewise.operations.recommend import recommend as operation


@command(RecommendRequest, operation)
def recommend(result: RecommendResult, _: RecommendRequest) -> None:
    """Find more of what is liked, and little of what is disliked.

    A search shows the id of each hit.

    \b
    Example:
      likewise recommend help --liked 0d84423ece803575,3527a81a6dd98818 -k 5
    """
    say_hits(
        [item.hit for item in result.recommended],
        [f"because of {item.because.text}" for item in result.recommended],
    )
