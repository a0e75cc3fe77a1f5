"""`likewise encode`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from likewise.checkpoint.catalog import DEFAULT
from likewise.cli import options
from likewise.cli.printing import note, say_json
from likewise.corpus import write_vectors
from likewise.corpus.export import VECTOR_FORMATS, check_target


def encode(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Texts, one a line or a table; - is stdin.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The .npy, .csv, .jsonl or .parquet to write.")
    ],
    column: options.Column = None,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn the texts of a file into vectors.

    \b
    Example:
      likewise encode articles.jsonl --column title -o vectors.parquet
    """
    check_target(output, VECTOR_FORMATS)
    texts = [record.text for record in options.read(file, column, quiet=quiet)]
    encoder = options.load(model, compute, device, quiet=quiet)
    started = time.perf_counter()
    vectors = encoder.encode(texts, show_progress_bar=not quiet and sys.stderr.isatty())
    seconds = time.perf_counter() - started
    write_vectors(output, vectors, texts)
    if as_json:
        say_json(
            {
                "output": str(output),
                "texts": len(texts),
                "dimension": int(vectors.shape[1]),
                "model": encoder.name,
                "compute": encoder.compute,
                "fingerprint": encoder.fingerprint,
                "seconds": round(seconds, 3),
            }
        )
    if not quiet:
        note(
            f"wrote {len(texts):,} vectors of {vectors.shape[1]} dimensions to {output} "
            f"({seconds:.1f} s, {len(texts) / seconds:,.0f} texts/s)"
        )
    options.warn_cut(encoder, texts, quiet=quiet)
