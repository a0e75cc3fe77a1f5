"""`likewise collections duplicates` and `dedupe`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say, say_table
from likewise.operations.collection_dedupe import (
    CollectionDedupeRequest,
    CollectionDedupeResult,
    collections_dedupe,
)
from likewise.operations.collection_duplicates import (
    CollectionDuplicatesRequest,
    CollectionDuplicatesResult,
    collections_duplicates,
)
from likewise.wording import counted


@command(CollectionDuplicatesRequest, collections_duplicates)
def duplicates(result: CollectionDuplicatesResult, request: CollectionDuplicatesRequest) -> None:
    """Find records of a collection that say nearly the same; nothing is changed.

    \b
    Example:
      likewise collections duplicates notes --threshold 0.95
      likewise collections duplicates training --against test
    """
    steps = [counts.threshold for counts in result.counts]
    at = min(range(len(steps)), key=lambda step: abs(steps[step] - request.threshold))
    for pair in result.pairs:
        if at in pair.steps:
            say(f"{pair.similarity:.3f}  {pair.left.id}  {pair.left.text}")
            say(f"       {pair.right.id}  {pair.right.text}")
    rows = [[f"{c.threshold:.2f}", f"{c.removed:,}", f"{c.groups:,}"] for c in result.counts]
    say_table(["threshold", "redundant", "groups"], rows)
    note(f"hint: 'likewise collections dedupe {result.collection}' removes those of a threshold")


def _question(request: CollectionDedupeRequest) -> str:
    """What would be removed."""
    other = f"a record of {request.against}" if request.against else "another one"
    return (
        f"remove the records of {request.name} that repeat {other} "
        f"(similarity {request.threshold:.2f} or more)?"
    )


@command(CollectionDedupeRequest, collections_dedupe, confirm=_question)
def dedupe(result: CollectionDedupeResult, _: CollectionDedupeRequest) -> None:
    """Remove the records that 'collections duplicates' lists at a threshold; undo reverts it.

    One record of each group stays. Texts that differ in a number, a date, a negation or a name
    are no duplicates.

    \b
    Example:
      likewise collections dedupe notes --threshold 0.95
      likewise collections dedupe training --against test
    """
    say(
        f"removed {counted(result.removed, 'record')} of {result.collection}; "
        f"{counted(result.records, 'record')} left"
    )
    if result.removed:
        note(f"hint: 'likewise collections undo {result.collection}' reverts this")
