"""`likewise evaluate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import likewise
from likewise.cli import options
from likewise.cli.printing import note, say_json, say_table
from likewise.errors import InputError
from likewise.evaluation.task_schemas import ROLES
from likewise.wording import counted

if TYPE_CHECKING:
    from likewise.evaluation.results import ModelScores, TaskScores
    from likewise.evaluation.run import Drop


def evaluate(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Catalogue names, hub ids or folders.")
    ],
    tasks: Annotated[
        list[str],
        typer.Option("--tasks", "-t", help="Files, folders or names of mteb's tasks."),
    ],
    columns: Annotated[
        str, typer.Option(help="Columns by role, such as first=left,second=right,rating=stars.")
    ] = "",
    kind: Annotated[
        str | None, typer.Option("--type", help="Kind of task, where the columns leave it open.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Keep results here, and go on from them.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Earlier results: exit 1 where a score fell too far.")
    ] = None,
    max_drop: Annotated[
        float, typer.Option(min=0, help="Points out of 100 a score may fall.")
    ] = 0.3,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    cache: Annotated[bool, typer.Option(help="Keep vectors on disk for the next time.")] = True,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Score models on tasks: files of your own, BEIR folders, or mteb's by name.

    \b
    Example:
      likewise evaluate all-MiniLM-L6-v2 --tasks stsbenchmark scifact --compute float32
      likewise evaluate all-MiniLM-L6-v2 --tasks pairs.csv --baseline results.json --max-drop 0.3
    """
    from likewise.evaluation.discover import Reading
    from likewise.evaluation.results import load_evaluation
    from likewise.evaluation.run import against_baseline, tasks_named
    from likewise.evaluation.run import evaluate as score

    before = load_evaluation(baseline) if baseline else None
    found = tasks_named(tasks, Reading(named_columns(columns), kind))

    def loaded() -> Iterator[likewise.Encoder]:
        for name in models:
            yield options.load(name, compute, device, quiet=quiet)

    def told(model: ModelScores, result: TaskScores) -> None:
        if not quiet:
            note(f"{model.name} · {result.task}: {result.score:.2f} ({result.seconds:.1f} s)")

    result = score(
        loaded(), found, output=output, use_cache=cache, told=told, show=False if quiet else None
    )
    drops = against_baseline(result, before, max_drop) if before else []
    if as_json:
        say_json(result.to_dict())
    else:
        rows = [
            [m.name, m.compute, t.task, t.type, t.main, f"{t.score:.2f}"]
            for m in result.models
            for t in m.tasks
        ]
        say_table(["model", "compute", "task", "type", "metric", "score"], rows)
    if output and not quiet:
        note(f"wrote {output}")
    _judge(drops, max_drop)


def named_columns(columns: str) -> dict[str, str]:
    """Columns by role, as they are written on the command line.

    Raises:
        InputError: a role is not known, or has no column.
    """
    pairs = [part.partition("=") for part in columns.split(",") if part]
    for role, _, column in pairs:
        if role not in ROLES or not column:
            raise InputError(
                f"cannot read {role!r} in --columns",
                hint="write role=column,role=column; roles: " + ", ".join(ROLES),
            )
    return {role: column for role, _, column in pairs}


def _judge(drops: list[Drop], max_drop: float) -> None:
    """Name every score that fell too far, and leave with exit status 1 where there is one."""
    fallen = [d for d in drops if d.too_much]
    for drop in fallen:
        note(
            f"error: {drop.model} on {drop.task} fell from {drop.before:.2f} to {drop.now:.2f}, "
            f"more than {max_drop:g}"
        )
    if fallen:
        note("hint: find what changed, or make a new baseline with --output")
        raise typer.Exit(1)
    if drops:
        note(f"{counted(len(drops), 'score')} within {max_drop:g} of the baseline")
