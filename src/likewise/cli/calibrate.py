"""`likewise calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from likewise.atomic import atomic
from likewise.cli import options
from likewise.cli.evaluate import named_columns
from likewise.cli.printing import note, say, say_json, say_table
from likewise.wording import counted

if TYPE_CHECKING:
    from likewise.evaluation.calibration import Calibration
    from likewise.evaluation.corpora import Corpus


def calibrate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id or a folder.")
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Your texts, or labelled pairs of them.")
    ],
    column: options.Column = None,
    columns: Annotated[
        str, typer.Option(help="Columns by role, such as first=left,second=right,label=same.")
    ] = "",
    sample: Annotated[
        int, typer.Option(min=10, help="Texts, and labelled pairs, that are drawn at most.")
    ] = 5000,
    report: Annotated[
        Path | None, typer.Option("--report", "-o", help="An HTML page to write.")
    ] = None,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find out what a score means on your own texts, and where to cut.

    With pairs labelled 0 and 1, also how likely a pair with a score is a true one.

    \b
    Example:
      likewise calibrate all-MiniLM-L6-v2 questions.txt
      likewise calibrate all-MiniLM-L6-v2 pairs.csv --report scores.html
    """
    from likewise.evaluation.calibration import calibrate as judge
    from likewise.evaluation.corpora import sampled
    from likewise.evaluation.score_report import calibration_page

    corpus = sampled(_read(file, column, columns, quiet=quiet), sample)
    encoder = options.load(model, compute, device, quiet=quiet)
    options.warn_foreign(encoder, corpus.texts, quiet=quiet)
    found = judge(encoder, corpus.texts, corpus.pairs)
    if report:
        with atomic(report) as page:
            page.write(calibration_page(found, encoder.name, file.name).encode())
    if as_json:
        say_json({"model": encoder.name, "compute": encoder.compute, **found.to_dict()})
    else:
        _say(found)
    if report and not quiet:
        note(f"wrote {report}")


def _read(file: Path, column: str | None, columns: str, *, quiet: bool) -> Corpus:
    """The texts of a task, or else the records of a file."""
    from likewise.evaluation.corpora import Corpus, corpus_at
    from likewise.evaluation.discover import Reading

    if column is None and (found := corpus_at(file, Reading(named_columns(columns)))):
        return found
    return Corpus([record.text for record in options.read(file, column, quiet=quiet)])


def _say(found: Calibration) -> None:
    known = found.labelled > 0
    labelled = f", {counted(found.labelled, 'labelled pair')}" if known else ""
    say(f"{counted(found.texts, 'text')}, {counted(found.pairs, 'random pair')}{labelled}")
    cuts = [
        [c.purpose, f"{c.threshold.value:.3f}", f"{c.threshold.low:.3f}–{c.threshold.high:.3f}",
         c.basis]
        for c in found.cuts
    ]  # fmt: skip
    say_table(["cut for", "cosine", "95% interval", "since"], cuts)
    rows = [
        [f"{m.score:.2f}", f"{m.percentile:.2%}", *([f"{m.probability:.1%}"] if known else [])]
        for m in found.meanings
    ]
    head = ["cosine", "random pairs below", "chance of a true pair"]
    say_table(head[: 2 + known], rows)
