"""Writes results to files atomically: a file is complete or absent."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.data.formulas import FormulaEscaper
from likewise.data.object_writer import check_disk, object_file
from likewise.data.readers.object_store import object_address
from likewise.errors import InputError, OutputError, ShapeError
from likewise.extras import require
from likewise.progress import MessageCallback
from likewise.wording import counted, with_article

__all__ = [
    "TABLE_FORMATS",
    "VECTOR_FORMATS",
    "atomic",
    "check_target",
    "write_table",
    "write_vectors",
]


_BATCH_ROWS = 65_536
"""Rows formatted at once, and rows of a Parquet row group."""


@dataclasses.dataclass(frozen=True)
class VectorBatch:
    """Consecutive texts with their vectors.

    Attributes:
        texts: k texts.
        vectors: `[k, dimension]`.
    """

    texts: Sequence[str]
    vectors: NDArray[Any]


def write_vectors(
    path: str | Path,
    vectors: NDArray[Any],
    texts: Sequence[str],
    *,
    format: str | None = None,  # noqa: A002 - the usual name
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
) -> Path:
    """Write vectors, with their texts if the format stores text.

    Args:
        path: the file, written atomically.
        vectors: `[n, dimension]`, of any dtype.
        texts: n texts.
        format: `npy` (vectors only), `csv` (columns text, 0, 1, …), `jsonl` (objects with text and
            vector) or `parquet` (columns text and vector); default: from the file extension.
            Numbers in csv and jsonl round-trip to the same float32.
        escape_formulas: in CSV, put an apostrophe before texts that begin with one of `= + - @`, a
            tab or a line end, which a spreadsheet would run; numbers are not changed.
        on_message: called with the number of changed cells, if any.

    Returns:
        The path.

    Raises:
        InputError: unknown format.
        ShapeError: the numbers of texts and vectors differ.
        OutputError: the file cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ShapeError(
            f"{counted(len(texts), 'text')} and vectors of shape {list(vectors.shape)}",
            hint="pass one vector per text",
        )
    batches = [
        VectorBatch(texts[i : i + _BATCH_ROWS], vectors[i : i + _BATCH_ROWS])
        for i in _starts(len(texts))
    ]
    return write_batches(
        path, batches, vectors[:0], len(vectors),
        format=format, escape_formulas=escape_formulas, on_message=on_message,
    )  # fmt: skip


def write_batches(
    path: str | Path,
    batches: Iterable[VectorBatch],
    like: NDArray[Any],
    count: int,
    *,
    format: str | None = None,  # noqa: A002 - the usual name
    scratch: Path | None = None,
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
) -> Path:
    """Write vectors batch by batch, in bounded memory.

    Args:
        path: the file, written atomically, or the address of an object.
        batches: texts with their vectors.
        like: `[0, dimension]`, of the vectors' dtype.
        count: total number of vectors.
        format: see `write_vectors`.
        scratch: a folder on the same disk for the incomplete file.
        escape_formulas: see `write_vectors`.
        on_message: see `write_vectors`.

    Raises:
        InputError: unknown format.
        OutputError: the file cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    write = _writer(path, format, VECTOR_FORMATS)
    escaper = FormulaEscaper(escape=escape_formulas)
    address = object_address(path)
    with object_file(address) if address else atomic(path, scratch) as file:
        write(file, batches, like, count, escaper)
    _report_escaped(escaper, path, on_message)
    return Path(path)


def write_table(
    path: str | Path,
    rows: Iterable[object],
    *,
    format: str | None = None,  # noqa: A002 - the usual name
    escape_formulas: bool = True,
    on_message: MessageCallback | None = None,
) -> Path:
    """Write flat dataclasses or mappings as rows.

    Args:
        path: the file, written atomically.
        rows: all with the same columns.
        format: `csv`, `json`, `jsonl` or `parquet`; default: from the file extension. In Parquet a
            column with mixed types is stored as JSON text.
        escape_formulas: see `write_vectors`.
        on_message: see `write_vectors`.

    Returns:
        The path.

    Raises:
        InputError: unknown format.
        OutputError: the file cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    write = _writer(path, format, TABLE_FORMATS)
    escaper = FormulaEscaper(escape=escape_formulas)
    with atomic(path) as file:
        write(file, [as_mapping(row) for row in rows], escaper)
    _report_escaped(escaper, path, on_message)
    return Path(path)


def _report_escaped(
    escaper: FormulaEscaper, path: str | Path, on_message: MessageCallback | None
) -> None:
    if on_message and escaper.escaped:
        on_message(escaper.summary(path))


def check_target(
    path: str | Path, formats: Mapping[str, Callable[..., object]], *, objects: bool = False
) -> None:
    """Check that a file can be written, before any work is done.

    Args:
        path: the output file.
        formats: `VECTOR_FORMATS` or `TABLE_FORMATS`.
        objects: whether it may be an object of a store, of which only the name is checked.

    Raises:
        InputError: unknown format.
        OutputError: the folder does not exist or is read-only.
    """
    _writer(path, None, formats)
    if objects and object_address(path):
        return
    check_disk(path)
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise OutputError(
            f"cannot write {path}: no folder {folder}", hint="create the folder first"
        )
    if not os.access(folder, os.W_OK):
        raise OutputError(
            f"cannot write {path}: {folder} is read-only", hint="choose a writable folder"
        )


def as_mapping(row: object) -> dict[str, Any]:
    """A flat dataclass or mapping as a dictionary, with NumPy scalars converted to Python."""
    if dataclasses.is_dataclass(row):
        row = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if not isinstance(row, Mapping):
        raise InputError(
            f"cannot write {with_article(type(row).__name__)} as a row",
            hint="pass dataclasses or mappings",
        )
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }


def _starts(count: int) -> range:
    return range(0, count, _BATCH_ROWS)


def _writer(
    path: str | Path, name: str | None, known: Mapping[str, Callable[..., object]]
) -> Callable[..., object]:
    suffix = (name or Path(path).suffix.removeprefix(".")).lower()
    if suffix not in known:
        raise InputError(
            f"cannot write {path} as {suffix!r}" if suffix else f"{path} has no file extension",
            hint="use one of " + ", ".join(f".{k}" for k in known),
        )
    return known[suffix]


@contextmanager
def _as_text(file: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()


class _LineFeedWriter:
    """Rows that end in a line feed.

    `csv` quotes a line end in a cell only if it is part of its own line terminator, and readers
    take a lone carriage return as a line end. So `csv` uses both characters, replaced here.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, row: str) -> None:
        """Write a row of `csv`, which ends in a carriage return and a line feed."""
        self._out.write(row.removesuffix("\r\n") + "\n")


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _numbers(vectors: NDArray[Any]) -> Iterator[list[str]]:
    """Each row as text; nine digits round-trip a float32."""
    for row in vectors:
        yield [f"{value:.9g}" for value in row.tolist()]


def _npy(
    file: BinaryIO,
    batches: Iterable[VectorBatch],
    like: NDArray[Any],
    count: int,
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    # not numpy.save: its error on a full disk does not name the cause
    header = np.lib.format.header_data_from_array_1_0(like)
    header["shape"] = (count, like.shape[1])
    np.lib.format.write_array_header_1_0(file, header)
    for batch in batches:
        file.write(np.ascontiguousarray(batch.vectors).data)


def _csv_vectors(
    file: BinaryIO,
    batches: Iterable[VectorBatch],
    like: NDArray[Any],
    count: int,  # noqa: ARG001
    escaper: FormulaEscaper,
) -> None:
    with _as_text(file) as out:
        table = csv.writer(_LineFeedWriter(out))
        table.writerow(["text", *range(like.shape[1])])
        for batch in batches:
            for text, numbers in zip(batch.texts, _numbers(batch.vectors), strict=True):
                table.writerow([escaper.escape(text), *numbers])


def _jsonl_vectors(
    file: BinaryIO,
    batches: Iterable[VectorBatch],
    like: NDArray[Any],  # noqa: ARG001
    count: int,  # noqa: ARG001
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        for batch in batches:
            for text, numbers in zip(batch.texts, _numbers(batch.vectors), strict=True):
                vector = ", ".join(numbers)
                out.write(f'{{"text": {_to_json(text)}, "vector": [{vector}]}}\n')


def _parquet_vectors(
    file: BinaryIO,
    batches: Iterable[VectorBatch],
    like: NDArray[Any],
    count: int,  # noqa: ARG001
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    numbers = arrow.from_numpy_dtype(like.dtype)
    schema = arrow.schema({"text": arrow.string(), "vector": arrow.list_(numbers, like.shape[1])})
    with parquet.ParquetWriter(file, schema) as writer:
        for batch in batches:
            flat = arrow.array(np.ascontiguousarray(batch.vectors).ravel())
            column = arrow.FixedSizeListArray.from_arrays(flat, like.shape[1])
            texts = arrow.array(batch.texts, arrow.string())
            writer.write_table(arrow.Table.from_arrays([texts, column], schema=schema))


def _csv_table(file: BinaryIO, rows: Sequence[Mapping[str, Any]], escaper: FormulaEscaper) -> None:
    with _as_text(file) as out:
        if rows:
            table = csv.writer(_LineFeedWriter(out))
            table.writerow(map(escaper.escape, rows[0]))
            for row in rows:
                if surplus := row.keys() - rows[0].keys():
                    raise InputError(
                        f"a row has the column {min(surplus)!r}, but the first row does not",
                        hint="use the same columns in every row",
                    )
                table.writerow(escaper.escape(row.get(name, "")) for name in rows[0])


def _json_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        out.write("[" + ",".join("\n  " + _to_json(row) for row in rows) + "\n]\n")


def _jsonl_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        out.writelines(_to_json(row) + "\n" for row in rows)


def _parquet_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    escaper: FormulaEscaper,  # noqa: ARG001
) -> None:
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    columns = {name: [row.get(name) for row in rows] for name in (rows[0] if rows else ())}
    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = arrow.array(values)
        except arrow.ArrowException:
            arrays[name] = arrow.array([None if v is None else _to_json(v) for v in values])
    parquet.write_table(arrow.table(arrays), file)


VECTOR_FORMATS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"npy": _npy, "csv": _csv_vectors, "jsonl": _jsonl_vectors, "parquet": _parquet_vectors}
)
TABLE_FORMATS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"csv": _csv_table, "json": _json_table, "jsonl": _jsonl_table, "parquet": _parquet_table}
)
