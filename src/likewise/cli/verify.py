"""`likewise verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import note, say_json, say_table
from likewise.errors import InputError
from likewise.hub.catalog import DEFAULT
from likewise.progress import busy

if TYPE_CHECKING:
    from likewise.evaluation.verify import Verification


def verify(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id or a folder.")
    ] = DEFAULT,
    compute: Annotated[
        str, typer.Option(help="The number format to hold against float32: int8 or bfloat16.")
    ] = "int8",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure on this processor whether a smaller number format says what float32 says.

    Exit status 1, and every reason, where it falls short.

    \b
    Example:
      likewise verify all-MiniLM-L6-v2 --compute int8
    """
    from likewise.evaluation.verify import LIMITS
    from likewise.evaluation.verify import verify as measure

    if compute not in LIMITS:
        hint = "one of " + ", ".join(LIMITS)
        raise InputError(f"{compute!r} is not held against float32", hint=hint)
    smaller = options.load(model, compute, "cpu", quiet=quiet)
    if smaller.compute != compute:
        raise InputError(
            f"{smaller.name} runs in {smaller.compute} whatever is asked for",
            hint="there is nothing to verify; use it as it is",
        )
    exact = options.load(model, "float32", "cpu", quiet=True)
    with busy(f"holding {compute} against float32", show=False if quiet else None):
        result = measure(exact, smaller, compute)
    if as_json:
        say_json({"model": smaller.name} | result.to_dict())
    else:
        say_table([f"{smaller.name}, {compute}", "measured", "asked for"], _rows(result))
    for shortfall in result.shortfalls:
        note(f"error: {shortfall}")
    if result.shortfalls:
        note("hint: use this model with --compute float32 on this machine")
        raise typer.Exit(1)


def _rows(result: Verification) -> list[list[str]]:
    limits = result.limits
    return [
        ["vectors that are not finite", str(result.not_finite), "0"],
        ["mean cosine to float32", f"{result.cosine_mean:.5f}", f"≥ {limits.cosine_mean}"],
        ["lowest cosine to float32", f"{result.cosine_min:.5f}", f"≥ {limits.cosine_min}"],
        ["rank agreement", f"{result.rank_agreement:.4f}", f"≥ {limits.rank_agreement}"],
        ["rated pairs, difference", f"{result.rated_delta:+.2f}", f"within {limits.rated_delta:g}"],
    ]
