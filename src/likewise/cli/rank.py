"""`likewise rank`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from likewise.analysis.ranking import rank_records
from likewise.cli import options
from likewise.cli.printing import note, say_json, say_table
from likewise.collections.reranking import pool, reranked
from likewise.data import write_table
from likewise.data.writers import TABLE_FORMATS, check_target
from likewise.errors import InputError
from likewise.hub.catalog import DEFAULT
from likewise.wording import counted


def rank(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The text to look for.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Candidates, one a line or a table; - is stdin.")
    ],
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="How many to give.")] = 10,
    threshold: Annotated[
        float | None, typer.Option(help="Leave out scores below this one.")
    ] = None,
    rerank: options.Rerank = None,
    column: options.Column = None,
    encoding: options.Encoding = None,
    skip_bad: options.SkipBad = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a .csv, .json or .jsonl file.")
    ] = None,
    escape_formulas: options.EscapeFormulas = True,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find the texts of a file that are nearest to a query.

    The vectors of a large file are kept in the cache, so that the next query is answered at once.

    \b
    Example:
      likewise rank "How do I get a refund?" questions.csv --top-k 5
      likewise rank refund old.csv --encoding latin-1 --skip-bad
      cat lines.txt | likewise rank "A man is eating." - --json
    """
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"the threshold is {threshold}", hint="give a number, such as 0.5")
    if output:
        check_target(output, TABLE_FORMATS)
        options.not_onto(output, [file])
    skipped = options.Skips() if skip_bad else None
    records = options.read(file, column, quiet=quiet, encoding=encoding, skipped=skipped)
    texts = [record.text for record in records]
    encoder = options.load(model, compute, device, quiet=quiet)
    judge = options.load_scorer(rerank)
    wanted = pool(top_k) if judge else top_k
    ranked = rank_records(encoder, query, records, wanted, progress=options.stage(quiet=quiet))
    if judge:
        ranked = reranked(judge, query, ranked, top_k)
    rows = [
        {"rank": place, "score": hit.score, "line": records[hit.index].line, "text": hit.text}
        for place, hit in enumerate(ranked, 1)
        if threshold is None or hit.score >= threshold
    ]
    if output:
        write_table(
            output, rows, escape_formulas=escape_formulas, tell=options.telling(quiet=quiet)
        )
    if as_json:
        say_json(rows)
    elif not output:
        formats = ("{rank}", "{score:.4f}", "{line}", "{text}")
        cells = [[form.format(**row) for form in formats] for row in rows]
        say_table(["rank", "score", "line", "text"], cells)
    if not quiet and not rows:
        note(f"note: nothing scores {threshold} or more")
    if not quiet and output:
        note(f"wrote {counted(len(rows), 'row')} to {output}")
    options.warn_foreign(encoder, [query, *texts], quiet=quiet)
    options.warn_cut(encoder, [query, *texts], quiet=quiet)
