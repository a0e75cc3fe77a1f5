"""`likewise collections`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

from likewise.cli.collection_analysis import contrast, diff, outliers
from likewise.cli.collection_duplicates import dedupe, duplicates
from likewise.cli.collection_files import status, sync
from likewise.cli.collection_notes import note as write_note
from likewise.cli.collection_notes import notes
from likewise.cli.derive import command
from likewise.cli.hit_format import index_quality, place
from likewise.cli.migration_format import say_migration
from likewise.cli.printing import note, say, say_table
from likewise.cli.saved_searches import forget, save, saved
from likewise.collections.contract import Run, Summary
from likewise.collections.open_collection import open_collection
from likewise.errors import DamagedCollectionError
from likewise.operations.browse import (
    BrowseRequest,
    BrowseResult,
    FacetsRequest,
    FacetsResult,
    collections_browse,
    collections_facets,
)
from likewise.operations.collection_map import (
    CollectionMapRequest,
    CollectionMapResult,
    collections_map,
)
from likewise.operations.collections import (
    ChangeRequest,
    ChangeResult,
    CollectionsRequest,
    CollectionsResult,
    LogRequest,
    LogResult,
    RemoveRequest,
    RemoveResult,
    RestoreRequest,
    ShowRequest,
    ShowResult,
    collections_compact,
    collections_log,
    collections_redo,
    collections_restore,
    collections_rm,
    collections_show,
    collections_undo,
)
from likewise.operations.collections import collections as operation
from likewise.operations.migrate import MigrateRequest, MigrateResult, collections_migrate
from likewise.operations.record import RecordRequest, RecordResult, collections_get
from likewise.operations.records import (
    AddRequest,
    AddResult,
    CreateRequest,
    DeleteRequest,
    DeleteResult,
    collections_add,
    collections_create,
    collections_delete,
)
from likewise.operations.tag import TagRequest, TagResult, collections_tag
from likewise.wording import counted

HEADER = ("name", "records", "chunks", "model", "storage", "index", "recall", "changed")

collections_app = typer.Typer(name="collections", add_completion=False, rich_markup_mode=None)


@collections_app.callback(invoke_without_command=True)
@command(CollectionsRequest, operation)
def collections(result: CollectionsResult, _: CollectionsRequest) -> None:
    """List collections; subcommands show, change or remove one of them.

    \b
    Example:
      likewise collections
      likewise collections log help
    """
    if not result.collections and not result.unreadable:
        note(f"no collections in {result.store}")
        note("hint: likewise index FILE --into NAME")
        return
    rows = [_row(summary) for summary in result.collections]
    rows += [[found.name, *["-"] * 6, found.state] for found in result.unreadable]
    say_table(HEADER, rows)
    for found in result.unreadable:
        note(f"error: {found.reason}")
        note(f"hint: {found.hint}")


def _row(summary: Summary) -> list[str]:
    return [
        summary.name,
        f"{summary.records:,}",
        f"{summary.chunks:,}",
        Path(summary.model).name,
        summary.storage,
        summary.index.kind,
        f"{summary.index.recall:.3f}",
        summary.updated[:16].replace("T", " ") if summary.whole else "unfinished",
    ]


@collections_app.command("show")
@command(ShowRequest, collections_show)
def show(result: ShowResult, _: ShowRequest) -> None:
    """Show one collection: its model, sizes, columns and index."""
    summary = result.summary
    say_table(
        ["what", "value"],
        [
            ["model", f"{summary.model} ({summary.compute}, {summary.dimension} dimensions)"],
            ["records", f"{summary.records:,} in {summary.chunks:,} chunks"],
            ["vectors", f"stored as {summary.storage}"],
            ["index", index_quality(summary.index)],
            ["columns", ", ".join(summary.columns)],
            ["changed", f"{summary.updated or 'never'}, run {summary.runs}"],
            ["state", "complete" if summary.whole else "unfinished: index again to continue"],
        ],
    )


@collections_app.command("create")
@command(CreateRequest, collections_create)
def create(result: ShowResult, _: CreateRequest) -> None:
    """Create an empty collection.

    \b
    Example:
      likewise collections create notes
      likewise collections add notes "The meeting is on Monday." "Bring the plans."
    """
    say(f"created {result.summary.name} for {Path(result.summary.model).name}")


@collections_app.command("add")
@command(AddRequest, collections_add)
def add(result: AddResult, _: AddRequest) -> None:
    """Add texts to a collection; 'likewise index' adds files.

    \b
    Example:
      likewise collections add notes "The meeting is on Monday." --source calendar
    """
    found = result.indexed
    say(f"{result.collection}: {counted(found.added, 'chunk')} added, {found.removed:,} removed")


@collections_app.command("delete")
@command(DeleteRequest, collections_delete)
def delete(result: DeleteResult, _: DeleteRequest) -> None:
    """Delete records of a collection; undo reverts it.

    \b
    Example:
      likewise collections delete notes 5f2a90c1d4e7b836
    """
    say(f"{result.collection}: {counted(result.removed, 'chunk')} deleted")


@collections_app.command("tag")
@command(TagRequest, collections_tag)
def tag(result: TagResult, _: TagRequest) -> None:
    """Set a field of records, without encoding anything again; undo reverts it.

    \b
    Example:
      likewise collections tag notes 5f2a90c1d4e7b836 --value urgent
    """
    say(f"{result.collection}: {result.column} set")


collections_app.command("note")(write_note)
collections_app.command("notes")(notes)


@collections_app.command("browse")
@command(BrowseRequest, collections_browse)
def browse(result: BrowseResult, _: BrowseRequest) -> None:
    """List records of a collection.

    \b
    Example:
      likewise collections browse notes --where "year > 2020" --limit 5
    """
    for hit in result.hits:
        say(f"{hit.id}  {place(hit)}  {hit.text}")
    note(counted(result.total, "record"))


@collections_app.command("facets")
@command(FacetsRequest, collections_facets)
def facets(result: FacetsResult, _: FacetsRequest) -> None:
    """Show the columns of a collection: frequent values, or the range of numbers.

    \b
    Example:
      likewise collections facets notes
    """
    rows = []
    for facet in result.facets:
        shown = ", ".join(f"{each.value} ({each.count:,})" for each in facet.values)
        if facet.low is not None:
            shown = f"{facet.low:g} to {facet.high:g}"
        rows.append([facet.name, facet.kind, f"{facet.distinct:,}", shown])
    say_table(["column", "kind", "different", "values"], rows)


@collections_app.command("map")
@command(CollectionMapRequest, collections_map)
def draw(result: CollectionMapResult, _: CollectionMapRequest) -> None:
    """Draw a collection as a map, from its stored vectors.

    \b
    Example:
      likewise collections map notes -o notes.html
    """
    topics = counted(len(result.map.clustering.topics), "cluster")
    say(f"wrote {result.output}: {counted(len(result.map.records), 'text')}, {topics}")


collections_app.command("duplicates")(duplicates)
collections_app.command("dedupe")(dedupe)
collections_app.command("outliers")(outliers)
collections_app.command("contrast")(contrast)


@collections_app.command("get")
@command(RecordRequest, collections_get)
def get(result: RecordResult, _: RecordRequest) -> None:
    """Read one record: its title, its chunks, its file and its other columns.

    \b
    Example:
      likewise collections get help 5f2a90c1d4e7b836
    """
    if result.first.title:
        say(result.first.title)
    for chunk in result.chunks:
        say(chunk.text)
    say(f"    {place(result.first)}  id {result.record}")
    for name, value in result.fields.items():
        say(f"    {name}: {value}")


collections_app.command("status")(status)
collections_app.command("sync")(sync)
collections_app.command("save")(save)
collections_app.command("saved")(saved)
collections_app.command("forget")(forget)


@collections_app.command("log")
@command(LogRequest, collections_log)
def log(result: LogResult, _: LogRequest) -> None:
    """Show what was changed when; --as-of takes the numbers."""
    say_table(
        ["run", "time (UTC)", "action", "added", "removed", "chunks"],
        [
            [
                str(run.number),
                run.time[:19].replace("T", " "),
                f"{run.action} to {run.back_to}" if run.back_to is not None else run.action,
                f"{run.added:,}",
                f"{run.removed:,}",
                f"{run.chunks:,}",
            ]
            for run in result.runs
        ],
    )


collections_app.command("diff")(diff)


def _question(
    action: Literal["undo", "redo", "restore"], request: ChangeRequest | RestoreRequest
) -> str:
    """What a change would do."""
    collection = open_collection(request.name, store=request.store)
    target = collection.target(action, request.run if isinstance(request, RestoreRequest) else 0)
    state = f"run {target.number} with {target.chunks:,} chunks"
    return (
        f"{action} {request.name}: from {len(collection):,} chunks to "
        f"{state if target.number else 'an empty collection'}?"
    )


@collections_app.command("undo")
@command(ChangeRequest, collections_undo, confirm=lambda request: _question("undo", request))
def undo(result: ChangeResult, _: ChangeRequest) -> None:
    """Restore the state before the last change; repeat it to go back further.

    redo reverts it, and 'restore' goes to any state of the log.
    """
    _say_change(result)
    note(f"hint: 'likewise collections redo {result.collection}' reverts this")


@collections_app.command("redo")
@command(ChangeRequest, collections_redo, confirm=lambda request: _question("redo", request))
def redo(result: ChangeResult, _: ChangeRequest) -> None:
    """Restore the state before the last undo."""
    _say_change(result)


@collections_app.command("restore")
@command(RestoreRequest, collections_restore, confirm=lambda request: _question("restore", request))
def restore(result: ChangeResult, _: RestoreRequest) -> None:
    """Restore the state after a run of the log; undo reverts it.

    \b
    Example:
      likewise collections log help
      likewise collections restore help 3
    """
    _say_change(result)
    note(f"hint: 'likewise collections undo {result.collection}' reverts this")


@collections_app.command("migrate")
@command(MigrateRequest, collections_migrate, resumable=True)
def migrate(result: MigrateResult, request: MigrateRequest) -> None:
    """Change the model of a collection: encode it again, compare the hits of both, then switch.

    Searches use the old vectors until the switch, and --as-of migration searches the new ones.
    It switches if the models share enough of the ten best hits, and if nDCG@10 does not fall on
    queries with known answers: those of likewise feedback and of --labels. A stopped run goes on
    with the same command. Undo brings the old vectors back.

    \b
    Example:
      likewise collections migrate help --to tuned
      likewise search help "refund" --as-of migration
      likewise collections undo help
    """
    say_migration(result, request)


@collections_app.command("compact")
@command(ChangeRequest, collections_compact)
def compact(result: ChangeResult, _: ChangeRequest) -> None:
    """Free disk: join small files and delete earlier states, which ends undo and --as-of."""
    chunks = result.run.chunks
    say(f"{result.collection} is compact: {chunks:,} chunks; earlier states are deleted")


def _removal(request: RemoveRequest) -> str:
    try:
        chunks = len(open_collection(request.name, store=request.store))
    except DamagedCollectionError:
        return f"remove {request.name}, which is damaged?"
    return f"remove {request.name} with {chunks:,} chunks?"


@collections_app.command("rm")
@command(RemoveRequest, collections_rm, confirm=_removal)
def rm(result: RemoveResult, _: RemoveRequest) -> None:
    """Remove a collection with all its states, also one that is damaged."""
    say(f"removed {result.collection}")


def _say_change(result: ChangeResult) -> None:
    run: Run = result.run
    say(
        f"{result.collection} is as after run {run.back_to}: {run.chunks:,} chunks "
        f"(run {run.number})"
    )
