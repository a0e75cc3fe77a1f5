"""`likewise index`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

import typer

from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.collections.contract import Index, Indexed, Storage
from likewise.data.records import Skipped, Unit
from likewise.hub.catalog import DEFAULT
from likewise.progress import bar
from likewise.wording import counted

SHOWN = 10
"""Rows that cannot be read are named one by one, up to so many."""


def index(
    files: options.Files,
    into: Annotated[str, typer.Option("--into", metavar="NAME", help="The collection.")],
    column: options.Column = None,
    unit: Annotated[
        str, typer.Option(help="A record of text files: auto, line, section or document.")
    ] = "auto",
    encoding: Annotated[str | None, typer.Option(help="Of the files; else detected.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Of workbooks, the sheet to read; else the first.")
    ] = None,
    passage: Annotated[
        int | None,
        typer.Option(min=0, help="Tokens of a passage in long texts (128); 0: texts whole."),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Keep vectors as float32 (default), float16 or int8.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Index: auto (default), exact, ivf_rq, hnsw_sq or hnsw_pq; is kept."),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(min=0.5, max=1.0, help="Share of the nearest to find (0.97); is kept."),
    ] = None,
    store: options.StoreAddress = None,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Keep the texts of files in a collection that can be searched.

    Run it again when the files have changed: only what is new or changed is encoded, and what has
    gone from the files goes. Stopped in the middle, the same command goes on where it was.

    \b
    Example:
      likewise index articles.jsonl notes/ --into help
      likewise search help "How do I get a refund?"
    """
    from likewise.collections.index_files import count_records, index_files

    kinds = cast(Unit, unit)
    total = count_records(files, column=column, unit=kinds)
    encoder = options.load(model, compute, device, quiet=quiet)
    skipped: list[Skipped] = []
    try:
        with bar(total, title="indexing", show=False if quiet else None) as progress:
            result = index_files(
                files, into, encoder,
                store=store, column=column, unit=kinds, encoding=encoding, sheet=sheet,
                storage=cast(Storage | None, storage), passage=passage, kind=kind, target=recall,
                bad=skipped.append, tell=_ignore if quiet else _tell_guess, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        note("stopped; what was written stays, and the same command goes on behind it")
        raise
    if as_json:
        say_json(asdict(result) | {"skipped": [asdict(row) for row in skipped]})
    if not quiet:
        _tell(into, result)
        options.tell_cut(encoder, result.cut, result.added)
    _tell_skipped(skipped)


def described(index: Index) -> str:
    """How neighbours are found, and how well, in words."""
    if index.kind == "exact":
        return "exact: a search compares with all passages (recall 1)"
    return (
        f"{index.kind}: recall {index.recall:.3f} (target {index.target:g}), "
        f"{index.milliseconds} ms a search, measured by {index.sample} searches"
    )


def _tell(name: str, result: Indexed) -> None:
    moved = f" ({result.moved:,} of them on another line)" if result.moved else ""
    note(
        f"{name}: {result.added:,} added, {result.removed:,} removed, "
        f"{result.unchanged:,} unchanged{moved}; now {result.passages:,} passages"
        + (f" of {counted(result.records, 'record')}" if result.records != result.passages else "")
    )
    rate = result.added / max(result.encoding_seconds, 1e-9)
    speed = f", {rate:,.0f} passages/s" if result.added else ""
    note(f"{result.seconds:.1f} s{speed}; index {described(result.index)}")
    if result.blank:
        note(f"note: {result.blank:,} records without text were left out")
    for column, count in result.misfits.items():
        note(f"note: {count:,} values of {column!r} do not fit its type and were left empty")


def _tell_skipped(skipped: list[Skipped]) -> None:
    for row in skipped[:SHOWN]:
        where = f"{row.source}, {row.line}" if row.line else row.source
        note(f"left out: {where}: {row.reason}")
    if len(skipped) > SHOWN:
        note(f"left out: {len(skipped) - SHOWN:,} more (--json names them all)")


def _tell_guess(text: str) -> None:
    note(f"note: {text}")


def _ignore(_: str) -> None:
    """Nothing is told."""
