"""Results into files that are either whole or not there."""

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
from likewise.data.formulas import Formulas
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


_PIECE = 65_536
"""Rows that are turned into text, or into a row group, at once."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """Some neighbouring texts with their vectors.

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
    format: str | None = None,  # noqa: A002 - the word people look for
    escape_formulas: bool = True,
    tell: MessageCallback | None = None,
) -> Path:
    """Write vectors, beside their texts where the format has room for them.

    Args:
        path: the file; it appears only when it is whole.
        vectors: `[n, dimension]`, of any number format.
        texts: n texts.
        format: `npy` (vectors alone), `csv` (columns text, 0, 1, …), `jsonl` (objects of text and
            vector) or `parquet` (columns text and vector); taken from the suffix when not given.
            Numbers in csv and jsonl give the same float32 when read again.
        escape_formulas: in CSV, put an apostrophe before texts that begin with one of `= + - @`, a
            tab or a line end, which a spreadsheet would run; numbers are none of these.
        tell: told how many cells were changed so, where any were.

    Returns:
        The path.

    Raises:
        InputError: an unknown format.
        ShapeError: not as many texts as vectors.
        OutputError: it cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise ShapeError(
            f"{counted(len(texts), 'text')} and vectors of shape {list(vectors.shape)}",
            hint="pass one vector a text",
        )
    pieces = [Piece(texts[i : i + _PIECE], vectors[i : i + _PIECE]) for i in _starts(len(texts))]
    return write_pieces(
        path, pieces, vectors[:0], len(vectors),
        format=format, escape_formulas=escape_formulas, tell=tell,
    )  # fmt: skip


def write_pieces(
    path: str | Path,
    pieces: Iterable[Piece],
    like: NDArray[Any],
    count: int,
    *,
    format: str | None = None,  # noqa: A002 - the word people look for
    scratch: Path | None = None,
    escape_formulas: bool = True,
    tell: MessageCallback | None = None,
) -> Path:
    """The same, piece by piece, so that the whole never lies in memory.

    Args:
        path: the file; it appears only when it is whole.
        pieces: texts with their vectors.
        like: `[0, dimension]`, of the vectors' number format.
        count: vectors in all pieces together.
        format: see `write_vectors`.
        scratch: a folder on the same disk for what is not whole yet.
        escape_formulas: see `write_vectors`.
        tell: see `write_vectors`.

    Raises:
        InputError: an unknown format.
        OutputError: it cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    write = _writer(path, format, VECTOR_FORMATS)
    formulas = Formulas(escape=escape_formulas)
    with atomic(path, scratch) as file:
        write(file, pieces, like, count, formulas)
    _tell_escaped(formulas, path, tell)
    return Path(path)


def write_table(
    path: str | Path,
    rows: Iterable[object],
    *,
    format: str | None = None,  # noqa: A002 - the word people look for
    escape_formulas: bool = True,
    tell: MessageCallback | None = None,
) -> Path:
    """Write flat dataclasses or mappings, one a row.

    Args:
        path: the file; it appears only when it is whole.
        rows: all of one kind.
        format: `csv`, `json`, `jsonl` or `parquet`; taken from the suffix when not given. A column
            of values of several kinds is JSON text in Parquet.
        escape_formulas: see `write_vectors`.
        tell: see `write_vectors`.

    Returns:
        The path.

    Raises:
        InputError: an unknown format.
        OutputError: it cannot be written.
        MissingExtraError: Parquet needs the extra `files`.
    """
    write = _writer(path, format, TABLE_FORMATS)
    formulas = Formulas(escape=escape_formulas)
    with atomic(path) as file:
        write(file, [as_mapping(row) for row in rows], formulas)
    _tell_escaped(formulas, path, tell)
    return Path(path)


def _tell_escaped(formulas: Formulas, path: str | Path, tell: MessageCallback | None) -> None:
    if tell and formulas.escaped:
        tell(formulas.summary(path))


def check_target(path: str | Path, formats: Mapping[str, Callable[..., object]]) -> None:
    """Refuse, before any work is done, a file that could not be written after it.

    Args:
        path: the file to be.
        formats: `VECTOR_FORMATS` or `TABLE_FORMATS`.

    Raises:
        InputError: an unknown format.
        OutputError: no such folder, or it may not be written to.
    """
    _writer(path, None, formats)
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: no folder {folder}", hint="make the folder first")
    if not os.access(folder, os.W_OK):
        raise OutputError(
            f"cannot write {path}: {folder} is read-only", hint="write to a folder that is yours"
        )


def as_mapping(row: object) -> dict[str, Any]:
    """A flat dataclass or mapping as columns by name, NumPy's numbers as Python's."""
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
    return range(0, count, _PIECE)


def _writer(
    path: str | Path, name: str | None, known: Mapping[str, Callable[..., object]]
) -> Callable[..., object]:
    wanted = (name or Path(path).suffix.removeprefix(".")).lower()
    if wanted not in known:
        raise InputError(
            f"cannot write {path} as {wanted!r}" if wanted else f"{path} names no format",
            hint="end its name in one of " + ", ".join(f".{k}" for k in known),
        )
    return known[wanted]


@contextmanager
def _as_text(file: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()


class _Rows:
    """Rows that end as lines do here.

    `csv` quotes a cell with a line end only where that is part of its own row's end, and a lone
    carriage return ends a line for whoever reads the file.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, row: str) -> None:
        """Write a row of `csv`, which ends it with both."""
        self._out.write(row.removesuffix("\r\n") + "\n")


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _numbers(vectors: NDArray[Any]) -> Iterator[list[str]]:
    """Every row as text; nine digits are what a float32 needs to come back the same."""
    for row in vectors:
        yield [f"{value:.9g}" for value in row.tolist()]


def _npy(
    file: BinaryIO,
    pieces: Iterable[Piece],
    like: NDArray[Any],
    count: int,
    formulas: Formulas,  # noqa: ARG001
) -> None:
    # not numpy.save: on a full disk it raises an error that does not say so
    header = np.lib.format.header_data_from_array_1_0(like)
    header["shape"] = (count, like.shape[1])
    np.lib.format.write_array_header_1_0(file, header)
    for piece in pieces:
        file.write(np.ascontiguousarray(piece.vectors).data)


def _csv_vectors(
    file: BinaryIO,
    pieces: Iterable[Piece],
    like: NDArray[Any],
    count: int,  # noqa: ARG001
    formulas: Formulas,
) -> None:
    with _as_text(file) as out:
        table = csv.writer(_Rows(out))
        table.writerow(["text", *range(like.shape[1])])
        for piece in pieces:
            for text, numbers in zip(piece.texts, _numbers(piece.vectors), strict=True):
                table.writerow([formulas.shown(text), *numbers])


def _jsonl_vectors(
    file: BinaryIO,
    pieces: Iterable[Piece],
    like: NDArray[Any],  # noqa: ARG001
    count: int,  # noqa: ARG001
    formulas: Formulas,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        for piece in pieces:
            for text, numbers in zip(piece.texts, _numbers(piece.vectors), strict=True):
                vector = ", ".join(numbers)
                out.write(f'{{"text": {_dumped(text)}, "vector": [{vector}]}}\n')


def _parquet_vectors(
    file: BinaryIO,
    pieces: Iterable[Piece],
    like: NDArray[Any],
    count: int,  # noqa: ARG001
    formulas: Formulas,  # noqa: ARG001
) -> None:
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    numbers = arrow.from_numpy_dtype(like.dtype)
    schema = arrow.schema({"text": arrow.string(), "vector": arrow.list_(numbers, like.shape[1])})
    with parquet.ParquetWriter(file, schema) as writer:
        for piece in pieces:
            flat = arrow.array(np.ascontiguousarray(piece.vectors).ravel())
            column = arrow.FixedSizeListArray.from_arrays(flat, like.shape[1])
            texts = arrow.array(piece.texts, arrow.string())
            writer.write_table(arrow.Table.from_arrays([texts, column], schema=schema))


def _csv_table(file: BinaryIO, rows: Sequence[Mapping[str, Any]], formulas: Formulas) -> None:
    with _as_text(file) as out:
        if rows:
            table = csv.writer(_Rows(out))
            table.writerow(map(formulas.shown, rows[0]))
            for row in rows:
                if surplus := row.keys() - rows[0].keys():
                    raise InputError(
                        f"a row has the column {min(surplus)!r}, which the first one lacks",
                        hint="give each row the same columns",
                    )
                table.writerow(formulas.shown(row.get(name, "")) for name in rows[0])


def _json_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    formulas: Formulas,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        out.write("[" + ",".join("\n  " + _dumped(row) for row in rows) + "\n]\n")


def _jsonl_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    formulas: Formulas,  # noqa: ARG001
) -> None:
    with _as_text(file) as out:
        out.writelines(_dumped(row) + "\n" for row in rows)


def _parquet_table(
    file: BinaryIO,
    rows: Sequence[Mapping[str, Any]],
    formulas: Formulas,  # noqa: ARG001
) -> None:
    parquet = require("pyarrow.parquet", "files")
    arrow = require("pyarrow", "files")
    columns = {name: [row.get(name) for row in rows] for name in (rows[0] if rows else ())}
    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = arrow.array(values)
        except arrow.ArrowException:
            arrays[name] = arrow.array([None if v is None else _dumped(v) for v in values])
    parquet.write_table(arrow.table(arrays), file)


VECTOR_FORMATS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"npy": _npy, "csv": _csv_vectors, "jsonl": _jsonl_vectors, "parquet": _parquet_vectors}
)
TABLE_FORMATS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {"csv": _csv_table, "json": _json_table, "jsonl": _jsonl_table, "parquet": _parquet_table}
)
