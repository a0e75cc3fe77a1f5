"""`likewise index`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from likewise.checkpoint.catalog import DEFAULT
from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.corpus.contract import Index, Indexed
from likewise.corpus.embed import count_texts
from likewise.progress import bar


def index(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Texts, one a line or a table.")
    ],
    into: Annotated[str, typer.Option("--into", metavar="NAME", help="The collection.")],
    store: options.StoreAddress = None,
    column: options.Column = None,
    storage: Annotated[
        str | None, typer.Option(help="Keep vectors as float32 (default), float16 or int8.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Index: auto, exact, ivf_rq, hnsw_sq or hnsw_pq.")
    ] = "auto",
    recall: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the nearest that must be found.")
    ] = 0.97,
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
      likewise index articles.jsonl faq.csv --into help
      likewise search help "How do I get a refund?"
    """
    from likewise.corpus.files import index_files

    total = sum(count_texts(file, column=column) for file in files)
    for file in files:
        options.tell_column(file, column, quiet=quiet)
    encoder = options.load(model, compute, device, quiet=quiet)
    try:
        with bar(total, title="indexing", show=False if quiet else None) as progress:
            result = index_files(
                files, into, encoder,
                store=store, column=column, storage=storage, kind=kind, target=recall,
                progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        note("stopped; the same command goes on from here")
        raise
    if as_json:
        say_json(asdict(result))
    if not quiet:
        _tell(into, result)
        options.tell_cut(encoder, result.cut, result.added)


def _tell(name: str, result: Indexed) -> None:
    moved = f" ({result.moved:,} of them on another line)" if result.moved else ""
    note(
        f"{name}: {result.added:,} added, {result.removed:,} removed, "
        f"{result.unchanged:,} unchanged{moved}; now {result.passages:,} passages"
        + (f" of {result.records:,} records" if result.records != result.passages else "")
    )
    rate = result.added / max(result.encoding_seconds, 1e-9)
    speed = f", {rate:,.0f} texts/s" if result.added else ""
    note(f"{result.seconds:.1f} s{speed}; {described(result.index)}")
    if result.blank:
        note(f"note: {result.blank:,} records without text were left out")
    for column, count in result.misfits.items():
        note(f"note: {count:,} values of {column!r} do not fit its type and were left empty")


def described(index: Index) -> str:
    """How neighbours are found, and how well, in words."""
    if index.kind == "exact":
        return "searched exactly (recall 1)"
    return (
        f"index {index.kind}: recall {index.recall:.3f} (target {index.target:g}), "
        f"{index.milliseconds} ms a search, measured on {index.sample} of its passages"
    )
