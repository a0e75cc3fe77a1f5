"""`likewise encode`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, cast

import typer

import likewise
from likewise.analysis.embed_file import Embedded, count_texts, embed_file, saved_texts
from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.data import read_records
from likewise.data.records import Bad, Skipped
from likewise.data.writers import VECTOR_FORMATS, check_target
from likewise.hub.catalog import DEFAULT
from likewise.progress import bar
from likewise.tokenization.token_stream import Truncation
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
    encoding: options.Encoding = None,
    skip_bad: options.SkipBad = False,
    truncation: Annotated[
        str, typer.Option(help="Texts over the model's limit: cut, error or chunk (read it all).")
    ] = "cut",
    escape_formulas: options.EscapeFormulas = True,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn the texts of a file into vectors.

    Files larger than memory are fine. Stopped in the middle, the same command resumes there: what
    is finished is saved every two seconds.

    \b
    Example:
      likewise encode articles.jsonl --column title -o vectors.parquet
    """
    check_target(output, VECTOR_FORMATS)
    options.not_onto(output, [file])
    with options.as_file(file) as source:
        skipped = options.Skips() if skip_bad else None
        total = count_texts(source, column=column, encoding=encoding, bad=skipped)
        if skipped:
            skipped.report()
        ignored: Bad | None = _ignore if skip_bad else None  # they were reported already
        records = read_records(source, column=column, encoding=encoding, bad=ignored)
        first = list(islice(records, LOOKED_AT))
        options.tell_column(first[0], source, column, quiet=quiet)
        encoder = options.load(model, compute, device, quiet=quiet)
        among = "texts" if total == len(first) else "texts at the start"
        texts = [record.text for record in first]
        options.warn_foreign(encoder, texts, quiet=quiet, among=among)
        try:
            with bar(total, title="encoding", show=False if quiet else None) as progress:
                result = embed_file(
                    encoder, source, output,
                    column=column, encoding=encoding, bad=ignored,
                    truncation=cast(Truncation, truncation), escape_formulas=escape_formulas,
                    tell=options.telling(quiet=quiet), progress=progress,
                )  # fmt: skip
        except KeyboardInterrupt:
            _tell_stopped(output)
            raise
    if as_json:
        say_json(_summary(encoder, result, skipped.rows if skipped else []))
    if not quiet:
        _tell(encoder, result)


def _ignore(_: Skipped) -> None:
    """Nothing is reported."""


def _tell_stopped(output: Path) -> None:
    if saved := saved_texts(output):
        note(f"stopped; {counted(saved, 'text')} saved, and the same command resumes there")
    else:
        note("stopped before anything was saved")


def _tell(encoder: likewise.Encoder, result: Embedded) -> None:
    seconds = max(result.seconds, 1e-9)
    note(
        f"wrote {counted(result.texts, 'vector')} of {counted(result.dimension, 'dimension')} "
        f"to {result.path} ({result.seconds:.1f} s, "
        f"{(result.texts - result.resumed) / seconds:,.0f} texts/s, "
        f"{result.tokens / seconds:,.0f} tokens/s)"
    )
    if result.changed:
        what = " and ".join(name.replace("_", "-") for name in result.changed)
        note(f"note: started from the beginning, since the earlier run's {what} differed")
    if result.resumed:
        was = "was" if result.resumed == 1 else "were"
        note(f"note: {result.resumed:,} of them {was} done by an earlier run")
    options.tell_cut(encoder, result.cut, result.texts)


def _summary(
    encoder: likewise.Encoder, result: Embedded, skipped: list[Skipped]
) -> dict[str, object]:
    return {
        "output": str(result.path),
        "texts": result.texts,
        "dimension": result.dimension,
        "resumed": result.resumed,
        "changed": list(result.changed),
        "cut": result.cut,
        "skipped": [asdict(row) for row in skipped],
        "tokens": result.tokens,
        "model": encoder.name,
        "compute": encoder.compute,
        "fingerprint": encoder.fingerprint,
        "seconds": round(result.seconds, 3),
    }
