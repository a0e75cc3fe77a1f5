"""`likewise collections`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from likewise.cli import options
from likewise.cli.index import described
from likewise.cli.printing import note, say_json, say_table
from likewise.collections.contract import Run, Summary
from likewise.errors import CollectionError, DamagedCollectionError, InputError

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

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
    from likewise.collections.open_collection import open_collection
    from likewise.collections.store import Store

    place = Store(store)
    found: list[Summary] = []
    failed: dict[str, CollectionError] = {}
    for name in place.names():
        try:
            found.append(open_collection(name, store=place).summary())
        except CollectionError as error:
            failed[name] = error
    if as_json:
        broken = [_unreadable(name, error) for name, error in failed.items()]
        say_json([asdict(summary) for summary in found] + broken)
        return
    if not found and not failed:
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
    rows += [
        [name, *["-"] * 6, _unreadable(name, error)["state"]] for name, error in failed.items()
    ]
    say_table(
        ["name", "records", "passages", "model", "storage", "index", "recall", "changed"], rows
    )
    for reason in failed.values():
        note(f"error: {reason.message}")
        note(f"hint: {reason.hint}")


@collections_app.command()
def show(name: Name, store: options.StoreAddress = None, as_json: options.AsJson = False) -> None:
    """Show one collection: its model, sizes, columns and index."""
    from likewise.collections.open_collection import open_collection

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
    from likewise.collections.open_collection import open_collection

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
def undo(name: Name, store: options.StoreAddress = None, yes: Yes = False) -> None:
    """Bring back the state before the last change; again: one change further.

    redo takes it back, and restore brings back any state of the log.
    """
    _bring_back(name, store, "undo", yes=yes)


@collections_app.command()
def redo(name: Name, store: options.StoreAddress = None, yes: Yes = False) -> None:
    """Bring back what the last undo took."""
    _bring_back(name, store, "redo", yes=yes)


@collections_app.command()
def restore(
    name: Name,
    run: Annotated[int, typer.Argument(metavar="RUN", help="A number of the log.")],
    store: options.StoreAddress = None,
    yes: Yes = False,
) -> None:
    """Bring back the state after a run of the log; undo takes it back.

    \b
    Example:
      likewise collections log help
      likewise collections restore help 3
    """
    _bring_back(name, store, "restore", run, yes=yes)


@collections_app.command()
def compact(name: Name, store: options.StoreAddress = None) -> None:
    """Free disk: join small files and forget earlier states, which ends undo and --as-of."""
    from likewise.collections.open_collection import open_collection

    run = open_collection(name, store=store).compact()
    note(f"{name} is compact: {run.passages:,} passages; earlier states are gone")


@collections_app.command()
def rm(
    name: Name,
    store: options.StoreAddress = None,
    yes: Yes = False,
) -> None:
    """Remove a collection with all its states, also one that is damaged."""
    from likewise.collections.open_collection import open_collection
    from likewise.collections.store import Store

    place = Store(store)
    try:
        what = f"{name} with {len(open_collection(name, store=place)):,} passages"
    except DamagedCollectionError:
        what = f"{name}, which is damaged"
    if not yes:
        _confirm(f"remove {what}?", f"{name} was not removed")
    place.remove(name)
    note(f"removed {name}")


def _bring_back(
    name: str,
    store: str | None,
    action: Literal["undo", "redo", "restore"],
    number: int = 0,
    *,
    yes: bool,
) -> None:
    from likewise.collections.open_collection import open_collection

    collection = open_collection(name, store=store)
    target = collection.target(action, number)
    if not yes:
        state = f"run {target.number} with {target.passages:,} passages"
        _confirm(
            f"{action} {name}: from {len(collection):,} passages to "
            f"{state if target.number else 'an empty collection'}?",
            f"{name} was not changed",
        )
    run = {"undo": collection.undo, "redo": collection.redo}.get(
        action, lambda: collection.restore(number)
    )()
    note(f"{name} is as after run {run.back_to}: {run.passages:,} passages (run {run.number})")
    if action != "redo":
        back = "redo" if action == "undo" else "undo"
        note(f"hint: 'likewise collections {back} {name}' takes this back")


def _confirm(question: str, otherwise: str) -> None:
    """Ask on standard error.

    Raises:
        InputError: the answer is not yes, or nobody is there to answer.
    """
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise InputError(otherwise, hint="answer y, or give --yes")


def _unreadable(name: str, error: CollectionError) -> dict[str, str]:
    """What JSON and the list say of a collection that cannot be read."""
    state = "damaged" if isinstance(error, DamagedCollectionError) else "unreadable"
    return {"name": name, "state": state, "reason": error.message, "hint": error.hint}


def _action(run: Run) -> str:
    return f"{run.action} to {run.back_to}" if run.back_to is not None else run.action
