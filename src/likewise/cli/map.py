"""`likewise map`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from likewise.analysis.clustering.cluster import ClusterSettings
from likewise.analysis.projection.map import Map, atlas_command, make_map, write_map_table
from likewise.analysis.projection.map_page import write_page
from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.extras import require
from likewise.hub.catalog import DEFAULT
from likewise.wording import counted

FORMATS: dict[str, Callable[..., object]] = {"html": write_page, **TABLE_FORMATS}


def map_(
    files: options.Files,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The .html page, or .parquet, .csv, .json, .jsonl."),
    ],
    method: Annotated[str, typer.Option(help="tsne, or pca for a coarse map at once.")] = "tsne",
    color: Annotated[
        str | None, typer.Option(help="A column to colour by; clusters where none is named.")
    ] = None,
    clusters: Annotated[
        int | None, typer.Option("--clusters", "-k", min=1, help="So many clusters.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The page's heading.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same map.")
    ] = 0,
    column: options.Column = None,
    escape_formulas: options.EscapeFormulas = True,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw the texts of files as a map on which near means alike.

    The page is one file that opens offline, with search, a lasso and topics by name. A .parquet
    opens in embedding-atlas, by the command that is told.

    \b
    Example:
      likewise map questions.csv -o map.html
      likewise map reviews.parquet --column body --color stars -o map.html
    """
    check_target(output, FORMATS)
    options.not_onto(output, files)
    require("graspologic_native", "explore")  # before hours of encoding
    require("openTSNE", "explore")
    encoder = options.load(model, compute, device, quiet=quiet)
    corpus = options.prepared(encoder, files, column, quiet=quiet)
    drawn = make_map(
        corpus, method=method, color=color, choices=ClusterSettings(clusters, runs=0, seed=seed),
        progress=options.stage(quiet=quiet),
    )  # fmt: skip
    if output.suffix.lower() == ".html":
        write_page(output, drawn, title=title or Path(files[0]).stem)
    else:
        write_map_table(
            output, drawn, escape_formulas=escape_formulas, tell=options.telling(quiet=quiet)
        )
    if as_json:
        say_json(_summary(drawn, output))
    if not quiet:
        _tell(drawn, output)


def _summary(drawn: Map, output: Path) -> dict[str, object]:
    return {
        "output": str(output),
        "texts": len(drawn.records),
        "method": drawn.layout.method,
        "trustworthiness": drawn.layout.trustworthiness,
        "sampled": drawn.layout.sampled,
        "clusters": len(drawn.clustering.topics),
        "unclustered": drawn.clustering.unclustered,
    }


def _tell(drawn: Map, output: Path) -> None:
    if output.suffix.lower() == ".parquet":
        note(f"note: to open it: {atlas_command(output, drawn)}")
    plane = drawn.layout
    note(f"wrote {output}, a map of {counted(len(drawn.records), 'text')}")
    if plane.trustworthiness is not None:
        note(
            f"note: trustworthiness {plane.trustworthiness:.3f} on {plane.sampled:,} texts "
            "(1: neighbours on the map are neighbours in meaning; 0.5: chance)"
        )
