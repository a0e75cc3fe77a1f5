"""Vectors of any store, with their texts where the file has them."""

from __future__ import annotations

import base64
import binascii
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.data.table import read_rows
from likewise.errors import InputError, RecordError

VECTOR_COLUMNS = ("vector", "embedding", "embeddings", "vectors", "values", "dense")
TEXT_COLUMNS = ("text", "sentence", "content", "document", "chunk", "page_content", "body")
_ARRAYS = (".npy", ".npz")
_HINT = "give .npy, .npz, or a table (.parquet, .jsonl, .csv) with a column of vectors"


@dataclass(frozen=True)
class StoredVectors:
    """Vectors as a file has them.

    Attributes:
        values: n vectors, `[n, numbers]`, in the number format of the file; uint8 for bytes.
        texts: n texts, where the file has them.
        base64: whether they were base64 text.
    """

    values: NDArray[Any]
    texts: tuple[str, ...] | None = None
    base64: bool = False


def read_stored_vectors(
    path: Path, *, rows: int, vector_column: str | None = None, text_column: str | None = None
) -> StoredVectors:
    """Read the first vectors of a file.

    Args:
        path: `.npy`, `.npz`, or a table with a column of vectors: lists of numbers, JSON, base64,
            bytes, or one column for each number.
        rows: how many to read.
        vector_column: the column, or the array of an `.npz`; detected if None.
        text_column: the column of texts; detected if None.

    Raises:
        RecordError: the file, or a vector in it, cannot be read.
        InputError: there is no such column, or there are no vectors.
    """
    if path.suffix.lower() in _ARRAYS:
        return _read_arrays(path, rows, vector_column, text_column)
    found = list(islice(read_rows(path), rows))
    if not found:
        raise RecordError(f"{path} has no rows", hint=_HINT)
    texts = _texts(found, text_column, path)
    name = vector_column or next((name for name in VECTOR_COLUMNS if name in found[0]), None)
    if name is None:
        numbered = [str(n) for n in range(len(found[0])) if str(n) in found[0]]
        if not numbered:
            raise InputError(
                f"{path} has no column of vectors that is known",
                hint="name it with --vectors-column; there are: " + ", ".join(found[0]),
            )
        cells: list[Any] = [[row.get(column) for column in numbered] for row in found]
    else:
        cells = [row.get(name) for row in found]
    parsed = [_vector(cell, f"{path}, row {n}") for n, cell in enumerate(cells, 1)]
    values = _matrix([vector for vector, _ in parsed], path)
    return StoredVectors(values, texts, any(encoded for _, encoded in parsed))


def _read_arrays(
    path: Path, rows: int, vector_column: str | None, text_column: str | None
) -> StoredVectors:
    try:
        loaded = np.load(path, mmap_mode="r" if path.suffix.lower() == ".npy" else None)
        arrays = {"": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise RecordError(f"{path} cannot be read: {error}", hint=_HINT) from error
    matrices = [name for name, array in arrays.items() if array.ndim == 2]
    name = vector_column if vector_column is not None else next(iter(matrices), None)
    if name is None or name not in arrays or arrays[name].ndim != 2:
        shapes = ", ".join(f"{n or 'it'} {array.shape}" for n, array in arrays.items())
        raise InputError(f"{path} has no matrix of vectors: {shapes}", hint=_HINT)
    values = np.array(arrays[name][:rows])
    if values.dtype.kind not in "fiu":
        raise InputError(f"{path} holds {values.dtype}, and no numbers", hint=_HINT)
    columns = [text_column] if text_column else list(TEXT_COLUMNS) + [f"{t}s" for t in TEXT_COLUMNS]
    for column in columns:
        texts = arrays.get(column)
        if texts is not None and texts.ndim == 1 and texts.dtype.kind == "U":
            return StoredVectors(values, tuple(map(str, texts[:rows])))
    return StoredVectors(values)


def _texts(
    rows: Sequence[dict[str, Any]], column: str | None, path: Path
) -> tuple[str, ...] | None:
    name = column or next((name for name in TEXT_COLUMNS if name in rows[0]), None)
    if name is None:
        return None
    if name not in rows[0]:
        raise InputError(f"{path} has no column {name!r}", hint="there are: " + ", ".join(rows[0]))
    return tuple(str(row.get(name) or "") for row in rows)


def _vector(cell: Any, where: str) -> tuple[NDArray[Any], bool]:
    """A vector of a cell; bytes are uint8. Whether it was base64."""
    if isinstance(cell, bytes):
        return np.frombuffer(cell, np.uint8), False
    if isinstance(cell, str):
        text = cell.strip()
        if text[:1] in "[{(":
            try:
                return _vector(json.loads(text.replace("(", "[").replace(")", "]")), where)
            except ValueError as error:
                raise RecordError(f"{where}: no vector: {error}", hint=_HINT) from error
        try:
            return np.frombuffer(base64.b64decode(text, validate=True), np.uint8), True
        except binascii.Error as error:
            raise RecordError(f"{where}: {text[:30]!r} is no vector", hint=_HINT) from error
    try:
        vector = np.asarray(cell, np.float64)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{where}: no vector of numbers: {error}", hint=_HINT) from error
    if vector.ndim != 1 or not vector.size:
        raise RecordError(f"{where}: no vector of numbers", hint=_HINT)
    return vector, False


def _matrix(vectors: Sequence[NDArray[Any]], path: Path) -> NDArray[Any]:
    lengths = sorted({len(vector) for vector in vectors})
    if len(lengths) > 1:
        raise InputError(
            f"{path} has vectors of {lengths[0]} and of {lengths[-1]} numbers",
            hint="they are of different models, or some are cut; diagnose them separately",
        )
    return np.stack(list(vectors))
