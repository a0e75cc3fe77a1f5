"""Show how files would be read, before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Annotated, Any

from likewise.data.columns import flatten_columns
from likewise.data.readers import DetectedEncoding
from likewise.data.records import Record, Skipped, Unit, read_records
from likewise.errors import InputError
from likewise.operations.contract import Field
from likewise.operations.corpus import Files
from likewise.operations.session import Session
from likewise.operations.texts import Column, Encoding


@dataclass(frozen=True, kw_only=True)
class PreviewRequest:
    """Files, and how to read them."""

    files: Files
    column: Column = None
    unit: Annotated[Unit, Field("What a record of a text file is.")] = "auto"
    encoding: Encoding = None
    sheet: Annotated[str | None, Field("Sheet of workbooks to read; the first by default.")] = None
    rows: Annotated[int, Field("How many records to read.", minimum=1, maximum=1000)] = 20


@dataclass(frozen=True)
class PreviewResult:
    """The first records of files.

    Attributes:
        records: as they are read.
        columns: columns of the first row; empty where the file has none.
        column: the one whose texts are read; None where there are no columns.
        encodings: of each text file that was opened, by its name.
        skipped: rows and files before the last record that cannot be read.
        whole: whether these are all records.
    """

    records: tuple[Record, ...]
    columns: tuple[str, ...]
    column: str | None
    encodings: Mapping[str, DetectedEncoding]
    skipped: tuple[Skipped, ...]
    whole: bool

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `records` (each with `text`, `title`, `source`, `line`, `fields`), `columns`, `column`
        (or null), `encodings` (by file: `name`, `label`, `guessed`), `skipped`, `whole`.
        """
        return {
            "records": [
                {
                    "text": each.text, "title": each.title, "source": each.source,
                    "line": each.line, "fields": dict(each.fields),
                }
                for each in self.records
            ],
            "columns": list(self.columns),
            "column": self.column,
            "encodings": {
                file: {"name": found.name, "label": found.label, "guessed": found.guessed}
                for file, found in self.encodings.items()
            },
            "skipped": [asdict(row) for row in self.skipped],
            "whole": self.whole,
        }  # fmt: skip


def preview(request: PreviewRequest, _session: Session) -> PreviewResult:
    """Read the first records of files, as an index of them would.

    Raises:
        InputError: no such column, or no file.
        RecordError: an encoding that cannot be used.
    """
    if not request.files:
        raise InputError("there are no files", hint="name at least one")
    skipped: list[Skipped] = []
    encodings: dict[str, DetectedEncoding] = {}
    found = read_records(
        request.files, column=request.column, unit=request.unit, encoding=request.encoding,
        sheet=request.sheet, on_error=skipped.append, on_encoding=encodings.__setitem__,
    )  # fmt: skip
    records = list(islice(found, request.rows + 1))
    whole, records = len(records) <= request.rows, records[: request.rows]
    first = next((each for each in records if each.column is not None), None)
    columns = _columns(first) if first else ()
    return PreviewResult(
        tuple(records), columns, first.column if first else None, encodings, tuple(skipped), whole
    )


def _columns(record: Record) -> tuple[str, ...]:
    """The columns of a row: that of its text, then the others in their order."""
    assert record.column is not None
    return (record.column, *(name for name, _ in flatten_columns(record.fields)))
