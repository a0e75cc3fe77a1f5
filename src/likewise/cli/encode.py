"""`likewise encode`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated, cast

import typer

import likewise
from likewise.checkpoint.catalog import DEFAULT
from likewise.checkpoint.windows import Truncation
from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.corpus import read_records
from likewise.corpus.embed import Embedded, count_texts, embed_file, saved_texts
from likewise.corpus.export import VECTOR_FORMATS, check_target
from likewise.progress import bar
from likewise.wording import counted

LOOKED_AT = 1000
"""Texts at the start of a file whose script is looked at."""


def encode(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Texts, one a line or a table; - is stdin.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The .npy, .csv, .jsonl or .parquet to write.")
    ],
    column: options.Column = None,
    truncation: Annotated[
        str, typer.Option(help="Texts over the model's limit: cut, error or chunk (read it all).")
    ] = "cut",
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn the texts of a file into vectors.

    Files larger than memory are fine. Stopped in the middle, the same command goes on where it was.

    \b
    Example:
      likewise encode articles.jsonl --column title -o vectors.parquet
    """
    check_target(output, VECTOR_FORMATS)
    with options.as_file(file) as source:
        total = count_texts(source, column=column)
        options.tell_column(source, column, quiet=quiet)
        encoder = options.load(model, compute, device, quiet=quiet)
        first = [r.text for r in islice(read_records(source, column=column), LOOKED_AT)]
        among = "texts" if total == len(first) else "texts at the start"
        options.warn_foreign(encoder, first, quiet=quiet, among=among)
        try:
            with bar(total, title="encoding", show=False if quiet else None) as progress:
                result = embed_file(
                    encoder, source, output,
                    column=column, truncation=cast(Truncation, truncation), progress=progress,
                )  # fmt: skip
        except KeyboardInterrupt:
            _tell_stopped(output)
            raise
    if as_json:
        say_json(_summary(encoder, result))
    if not quiet:
        _tell(encoder, result)


def _tell_stopped(output: Path) -> None:
    if saved := saved_texts(output):
        note(f"stopped; {counted(saved, 'text')} saved, and the same command resumes there")
    else:
        note("stopped before anything was saved")


def _tell(encoder: likewise.Encoder, result: Embedded) -> None:
    seconds = max(result.seconds, 1e-9)
    note(
        f"wrote {result.texts:,} vectors of {result.dimension} dimensions to {result.path} "
        f"({result.seconds:.1f} s, {(result.texts - result.resumed) / seconds:,.0f} texts/s, "
        f"{result.tokens / seconds:,.0f} tokens/s)"
    )
    if result.changed:
        what = " and ".join(result.changed)
        note(f"note: begun anew, since the earlier run's {what} differed")
    if result.resumed:
        note(f"note: {result.resumed:,} of them were done by an earlier run")
    options.tell_cut(encoder, result.cut, result.texts)


def _summary(encoder: likewise.Encoder, result: Embedded) -> dict[str, object]:
    return {
        "output": str(result.path),
        "texts": result.texts,
        "dimension": result.dimension,
        "resumed": result.resumed,
        "changed": list(result.changed),
        "cut": result.cut,
        "tokens": result.tokens,
        "model": encoder.name,
        "compute": encoder.compute,
        "fingerprint": encoder.fingerprint,
        "seconds": round(result.seconds, 3),
    }
