"""What several commands take, said once."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import likewise
from likewise.cli.printing import note
from likewise.data import read_records
from likewise.data.records import Record
from likewise.errors import InputError
from likewise.tokenization.unicode_scripts import foreign_texts

Model = Annotated[
    str, typer.Option("--model", "-m", help="A catalogue name, a hub id or a folder.")
]
Compute = Annotated[
    str,
    typer.Option(
        help="Number format of the network: auto, float32, bfloat16, int8, float16 (GPU)."
    ),
]
Device = Annotated[str, typer.Option(help="Where to run: auto, cpu, or with torch cuda or mps.")]
AsJson = Annotated[bool, typer.Option("--json", help="Give the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")]
Column = Annotated[
    str | None, typer.Option(help="The file's column of texts; guessed where not given.")
]


def load(model: str, compute: str, device: str, *, quiet: bool) -> likewise.Encoder:
    """Load a model; what had to be assumed of it is told."""
    encoder = likewise.load(model, compute=compute, device=device)
    if not quiet:
        for assumption in encoder.config.notes:
            note(f"note: {assumption}")
    return encoder


def read(
    file: Path,
    column: str | None,
    *,
    quiet: bool,
) -> list[Record]:
    """The records of a file; the column that was chosen is reported.

    Args:
        file: any file that `read_records` reads.
        column: as in `read_records`.
        quiet: report nothing.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: there is no text in it, or no such column.
    """
    records = list(read_records(file, column=column))
    if not records:
        raise InputError(f"{file} holds no text", hint="give a file with one text a line")
    tell_column(records[0], file, column, quiet=quiet)
    return records


def tell_column(record: Record, file: Path, column: str | None, *, quiet: bool) -> None:
    """Say which column of a file was chosen, where none was named."""
    if record.column is not None and column is None and not quiet:
        chosen = record.column
        note(f"note: using column {chosen!r} of {file} as text (choose with --column)")


@contextmanager
def as_file(file: Path) -> Iterator[Path]:
    """The file; standard input is kept in one for as long as it is needed."""
    if str(file) != "-":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        kept = Path(folder) / "stdin.txt"
        with kept.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield kept


def warn_foreign(
    encoder: likewise.Encoder, texts: Sequence[str], *, quiet: bool, among: str = "texts"
) -> bool:
    """Say which texts are in a script that the model was not made for; whether there are any."""
    found = foreign_texts(encoder.location.entry, texts)
    if found and not quiet:
        note(
            f"note: {found.texts:,} of {found.total:,} {among} are in {_listed(found.scripts)} "
            f"script, and {encoder.name} was made for {found.languages}: its vectors say little of "
            "them; choose a model for this language with --model"
        )
    return found is not None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
