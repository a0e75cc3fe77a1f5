"""Reading texts for requests: shared fields, files, and rows that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from likewise.data import read_records
from likewise.data.readers import located, resolved
from likewise.data.records import Record, Skipped
from likewise.errors import InputError, RecordError
from likewise.operations.contract import Field
from likewise.operations.session import Session
from likewise.wording import counted

Column = Annotated[str | None, Field("The file's column of texts; detected when not given.")]
Encoding = Annotated[
    str | None, Field("Encoding of the file, such as latin-1; detected when not given.")
]
SkipBad = Annotated[bool, Field("Leave out rows that cannot be read, and name them.")]
EscapeFormulas = Annotated[
    bool,
    Field(
        "In .csv, put an apostrophe before texts that a spreadsheet would run.",
        flag="--escape-formulas/--no-escape-formulas",
    ),
]

SKIPPED_SHOWN = 10
"""Most rows that are reported one by one."""


class SkippedRows:
    """Collects rows that cannot be read; a file that cannot be read is an error.

    Attributes:
        rows: the rows that were left out.
    """

    def __init__(self) -> None:
        self.rows: list[Skipped] = []

    def __call__(self, skipped: Skipped) -> None:
        """Add a row.

        Raises:
            RecordError: it is a file, not a row.
        """
        if not skipped.line:
            raise RecordError(skipped.reason, hint=skipped.hint)
        self.rows.append(skipped)

    def report(self, session: Session, outcome: str = "left out") -> None:
        """Report the first rows, and the number of the others."""
        for row in self.rows[:SKIPPED_SHOWN]:
            text = f"{row.source}, {row.line}: {row.reason}; {outcome}"
            session.message("row_skipped", text, **asdict(row))
        more = len(self.rows) - SKIPPED_SHOWN
        if more > 0:
            text = f"{counted(more, 'other row')} cannot be read; {outcome}"
            session.message("rows_skipped", text, count=more)

    def to_list(self) -> list[dict[str, Any]]:
        """The rows as plain values."""
        return [asdict(row) for row in self.rows]


def read_file(
    session: Session,
    file: Path,
    *,
    column: str | None = None,
    encoding: str | None = None,
    skipped: SkippedRows | None = None,
) -> list[Record]:
    """Read the records of a file; reports the column that was detected.

    Args:
        session: receives the messages.
        file: any file that `read_records` reads.
        column: as in `read_records`.
        encoding: as in `read_records`.
        skipped: collects rows that cannot be read; without it the first one is an error.

    Raises:
        RecordError: the file, or a row in it, cannot be read.
        InputError: it has no text, or an unknown column.
    """
    records = list(read_records(file, column=column, encoding=encoding, on_error=skipped))
    if skipped:
        skipped.report(session)
    if not records:
        raise InputError(
            f"{located(file)} holds no text", hint="give a file with one text per line"
        )
    report_column(session, records[0], file, column)
    return records


def records_of(texts: Sequence[str]) -> list[Record]:
    """The texts of a request as records, with lines from 1."""
    return [Record(text, line=line) for line, text in enumerate(texts, 1)]


def report_column(session: Session, record: Record, file: Path, column: str | None) -> None:
    """Report the column that was detected, if none was given."""
    if record.column is not None and column is None:
        name = str(located(file))
        session.message(
            "column",
            f"using column {record.column!r} of {name} as text (choose with --column)",
            column=record.column, file=name,
        )  # fmt: skip


def check_not_input(output: Path | None, files: Sequence[str | Path | None]) -> None:
    """Check that the output is not one of the input files.

    Raises:
        InputError: the output is one of the files.
    """
    if output and any(
        file and str(file) != "-" and resolved(file) == resolved(output) for file in files
    ):
        raise InputError(
            f"the output {output} is one of the inputs", hint="choose another name with -o"
        )
