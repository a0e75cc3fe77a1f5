"""Commands of `likewise collections` that analyze a collection."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say
from likewise.operations.outliers import OutliersRequest, OutliersResult, collections_outliers


@command(OutliersRequest, collections_outliers)
def outliers(result: OutliersResult, _: OutliersRequest) -> None:
    """List the texts that are farthest from all others, and small groups of such texts.

    \b
    Example:
      likewise collections outliers help -k 20
    """
    sizes = [0] * len(result.outliers)
    for each in result.outliers:
        sizes[each.group] += 1
    for each in result.outliers:
        group = (
            f"  (group {each.group + 1} of {sizes[each.group]})" if sizes[each.group] > 1 else ""
        )
        say(f"{each.similarity:.3f}  {each.chunk.id}  {each.chunk.text}{group}")
        say(f"       nearest, {each.nearest_similarity:.3f}: {each.nearest.text}")
    note(f"mean similarity to {result.neighbors} neighbors; typical here: {result.typical:.3f}")
