"""`likewise collections`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.index import described
from likewise.cli.printing import note, say_json, say_table
from likewise.corpus.contract import Run

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]

collections_app = typer.Typer(
    name="collections",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@collections_app.callback()
def _list(
    ctx: typer.Context, store: options.StoreAddress = None, as_json: options.AsJson = False
) -> None:
    """List collections; with a subcommand, tend one of them.

    \b
    Example:
      likewise collections
      likewise collections log help
    """
    if ctx.invoked_subcommand:
        return
    from likewise.corpus.library import Store
    from likewise.corpus.opening import open_collection

    place = Store(store)
    found = [open_collection(name, store=place).summary() for name in place.names()]
    if as_json:
        say_json([asdict(summary) for summary in found])
        return
    if not found:
        note(f"no collections in {place.address}")
        note("hint: likewise index FILE --into NAME")
        return
    rows = [
        [
            summary.name,
            f"{summary.records:,}",
            f"{summary.passages:,}",
            Path(summary.model).name,
            summary.storage,
            summary.index.kind,
            f"{summary.index.recall:.3f}",
            summary.updated[:16].replace("T", " ") if summary.whole else "unfinished",
        ]
        for summary in found
    ]
    say_table(
        ["name", "records", "passages", "model", "storage", "index", "recall", "changed"], rows
    )


@collections_app.command()
def show(name: Name, store: options.StoreAddress = None, as_json: options.AsJson = False) -> None:
    """Show one collection: its model, sizes, columns and index."""
    from likewise.corpus.opening import open_collection

    summary = open_collection(name, store=store).summary()
    if as_json:
        say_json(asdict(summary))
        return
    say_table(
        ["what", "value"],
        [
            ["model", f"{summary.model} ({summary.compute}, {summary.dimension} dimensions)"],
            ["records", f"{summary.records:,} in {summary.passages:,} passages"],
            ["vectors", f"kept as {summary.storage}"],
            ["index", described(summary.index)],
            ["columns", ", ".join(summary.columns)],
            ["changed", f"{summary.updated or 'never'}, run {summary.runs}"],
            ["state", "whole" if summary.whole else "unfinished: index again to go on"],
        ],
    )


@collections_app.command()
def log(name: Name, store: options.StoreAddress = None, as_json: options.AsJson = False) -> None:
    """Show what was changed when; --as-of takes the numbers."""
    from likewise.corpus.opening import open_collection

    runs = open_collection(name, store=store).log()
    if as_json:
        say_json([asdict(run) for run in runs])
        return
    say_table(
        ["run", "time (UTC)", "action", "added", "removed", "passages"],
        [
            [
                str(run.number),
                run.time[:19].replace("T", " "),
                _action(run),
                f"{run.added:,}",
                f"{run.removed:,}",
                f"{run.passages:,}",
            ]
            for run in runs
        ],
    )


@collections_app.command()
def undo(name: Name, store: options.StoreAddress = None) -> None:
    """Bring back the state before the last change."""
    from likewise.corpus.opening import open_collection

    run = open_collection(name, store=store).undo()
    note(f"{name} is as after run {run.back_to}: {run.passages:,} passages (run {run.number})")


@collections_app.command()
def compact(name: Name, store: options.StoreAddress = None) -> None:
    """Free disk: join small files and forget earlier states, which ends undo and --as-of."""
    from likewise.corpus.opening import open_collection

    run = open_collection(name, store=store).compact()
    note(f"{name} is compact: {run.passages:,} passages; earlier states are gone")


@collections_app.command()
def rm(
    name: Name,
    store: options.StoreAddress = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a collection with all its states."""
    from likewise.corpus.library import Store
    from likewise.corpus.opening import open_collection

    place = Store(store)
    passages = len(open_collection(name, store=place))
    if not yes:
        typer.confirm(f"remove {name} with {passages:,} passages?", abort=True, err=True)
    place.remove(name)
    note(f"removed {name}")


def _action(run: Run) -> str:
    return f"{run.action} to {run.back_to}" if run.back_to is not None else run.action
