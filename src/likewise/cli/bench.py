"""`likewise bench`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

import likewise
from likewise.cli import options
from likewise.cli.printing import note, say_json, say_table
from likewise.errors import InputError, MissingExtraError
from likewise.hub.catalog import DEFAULT
from likewise.progress import busy

if TYPE_CHECKING:
    from likewise.evaluation.speed import Speed

COMPUTES = ("float32", "bfloat16", "int8")


def bench(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id or a folder.")
    ] = DEFAULT,
    compute: Annotated[
        list[str] | None,
        typer.Option(help="Number format, several times for several; all that can be had if none."),
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Time a model on this machine for half a minute, against the machine's own matrix peak.

    Short sentences and passages of 256 tokens many at once, one sentence alone, and the share of
    the peak (10¹² operations a second, TFLOP/s) that passages reach. Let nothing else run.

    \b
    Example:
      likewise bench all-MiniLM-L6-v2 --compute int8 --compute float32
    """
    # these load the engine, which --help must not
    from likewise.engine.cores import usable_cores
    from likewise.evaluation.speed import measure_speed

    speeds = []
    for encoder in _loaded(model, compute, quiet=quiet):
        with busy(f"timing {encoder.compute}", show=False if quiet else None):
            speeds.append(measure_speed(encoder))
    if as_json:
        rows = [asdict(speed) | {"share": speed.share} for speed in speeds]
        say_json({"model": model, "cores": usable_cores(), "computes": rows})
        return
    say_table(
        [
            "compute", "sentences/s", "passages/s", "tokens/s", "query p50", "p95",
            "TFLOP/s", "peak", "share",
        ],
        [_row(speed) for speed in speeds],
    )  # fmt: skip
    if not quiet:
        note(f"{model} on {usable_cores()} cores; tokens/s, TFLOP/s and share are of passages")


def _loaded(model: str, computes: list[str] | None, *, quiet: bool) -> Iterator[likewise.Encoder]:
    """The model in every number format; one that cannot be had is told, or raised if asked for."""
    from likewise.engine.native import supported
    from likewise.engine.openvino.timing import supports_bfloat16

    bfloat16 = "bfloat16" in supported() or supports_bfloat16()
    for compute in computes or COMPUTES:
        if compute == "bfloat16" and not computes and not bfloat16:
            note("note: no bfloat16: this processor does not multiply it")
            continue
        try:
            encoder = options.load(model, compute, "cpu", quiet=quiet)
        except (InputError, MissingExtraError) as refusal:
            if computes:
                raise
            note(f"note: no {compute}: {refusal.message}")
            note(f"hint: {refusal.hint}")
            continue
        if computes or encoder.compute == compute:
            yield encoder


def _row(speed: Speed) -> list[str]:
    reached = speed.passages.operations
    return [
        speed.compute,
        f"{speed.sentences.texts:,.0f}",
        f"{speed.passages.texts:,.1f}",
        f"{speed.passages.tokens:,.0f}",
        f"{speed.query_p50:.2f} ms",
        f"{speed.query_p95:.2f} ms",
        "–" if reached is None else f"{reached / 1e12:.2f}",
        "–" if speed.peak is None else f"{speed.peak / 1e12:.2f}",
        "–" if speed.share is None else f"{speed.share:.0%}",
    ]
