"""`likewise compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from likewise.atomic import atomic
from likewise.cli import options
from likewise.cli.evaluate import named_columns
from likewise.cli.printing import note, say, say_json, say_table


def compare(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Catalogue names, hub ids or folders.")
    ],
    on: Annotated[
        Path, typer.Option("--on", help="Your own data; without labels, weak ones are made.")
    ],
    computes: Annotated[
        str, typer.Option(help="Number formats of the network, by commas.")
    ] = "float32,bfloat16,int8",
    columns: Annotated[
        str, typer.Option(help="Columns by role, such as first=left,second=right,rating=stars.")
    ] = "",
    kind: Annotated[
        str | None, typer.Option("--type", help="Kind of task, where the columns leave it open.")
    ] = None,
    report: Annotated[Path, typer.Option("--report", "-o", help="The HTML page to write.")] = Path(
        "comparison.html"
    ),
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find out which model, number format and vector size suits your own data.

    \b
    Example:
      likewise compare all-MiniLM-L6-v2 gte-small --on questions.csv
    """
    from likewise.evaluation.discover import Reading
    from likewise.evaluation.model_comparison import compare_models
    from likewise.evaluation.report import html_report

    result = compare_models(
        models,
        on,
        computes=[c.strip() for c in computes.split(",")],
        reading=Reading(named_columns(columns), kind),
        told=(lambda _: None) if quiet else note,
        show=False if quiet else None,
    )
    with atomic(report) as file:
        file.write(html_report(result).encode())
    if as_json:
        say_json(result.to_dict())
    else:
        rows = [
            [
                s.contestant.label,
                f"{100 * s.quality.value:.2f}",
                f"{100 * s.quality.low:.1f}–{100 * s.quality.high:.1f}",
                f"{s.cost.texts_per_second:,.0f}",
                f"{s.cost.start_seconds:.1f} s",
                f"{s.cost.memory_mb:,.0f} MB",
                str(s.contestant.vector_bytes),
            ]
            for s in result.standings
        ]
        header = [
            "model", result.metric, "interval", "texts/s", "start", "memory", "bytes",
        ]  # fmt: skip
        say_table(header, rows)
        say(f"take {result.choice.label}: {result.reason}")
    if not quiet:
        if result.weak:
            note(f"note: {result.weak}")
        note(f"wrote {report}")
