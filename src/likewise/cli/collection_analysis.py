"""Commands of `likewise collections` that analyze a collection and its versions."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import note, say
from likewise.operations.collection_contrast import (
    ContrastRequest,
    ContrastResult,
    collections_contrast,
)
from likewise.operations.outliers import OutliersRequest, OutliersResult, collections_outliers
from likewise.operations.version_difference import DiffRequest, DiffResult, collections_diff


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


@command(DiffRequest, collections_diff)
def diff(result: DiffResult, _: DiffRequest) -> None:
    """Compare two versions: records that came (+), went (-), or changed (~).

    \b
    Example:
      likewise collections log help
      likewise collections diff help 1 3
    """
    found = result.difference
    for record in found.examples_added:
        say(f"+ {record.text}")
    for record in found.examples_removed:
        say(f"- {record.text}")
    for changed in found.examples_changed:
        say(f"~ {changed.before.text}")
        columns = [name for name in changed.columns if name not in {"text", "title"}]
        if "text" in changed.columns:
            say(f"  {changed.after.text}")
        for name in columns:
            old, new = changed.before.fields.get(name, ""), changed.after.fields.get(name, "")
            say(f"  {name}: {old} -> {new}")
    note(
        f"run {found.before.number} to run {found.after.number}: {found.added:,} added, "
        f"{found.removed:,} removed, {found.changed:,} changed, {found.unchanged:,} unchanged"
    )


@command(ContrastRequest, collections_contrast)
def contrast(result: ContrastResult, _: ContrastRequest) -> None:
    """Draw a collection by its own model and another one, and list what has other neighbors.

    \b
    Example:
      likewise collections contrast help all-mpnet-base-v2 -o help.points
    """
    for moved in result.moved:
        say(f"{moved.shared:.0%}  {moved.chunk.text}")
        for sign, texts in (("-", moved.before), ("+", moved.after)):
            for each in texts:
                say(f"      {sign} {each.text}")
    note(
        f"{result.own} and {result.model} share {result.shared:.0%} of the {result.neighbors} "
        f"nearest neighbors; wrote {result.output}"
    )
