"""Records as rows of a table: columns, their types, and the ids of records.

The stored columns `passage` (number of a chunk in its record) and `passages` (how many chunks the
record has) are called `chunk` and `chunks` in code. The columns keep these names, so that existing
collections stay readable and conditions on them stay valid.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.collections.contract import Storage
from likewise.collections.manifest import KEY
from likewise.data.chunking import Chunk
from likewise.data.records import Record
from likewise.extras import require

OWN = (
    "id", "record", "passage", "passages", "text", "title", "source", "line", "vector",
)  # fmt: skip
"""Columns of every collection; the fields of records follow them."""

ATTRIBUTES = MappingProxyType({"passage": "chunk", "passages": "chunks"})
"""Attributes of a `StoredRow`, where the column has another name."""

# 007 is a name, not a number
_WHOLE = r"-?(?:0|[1-9]\d{0,18})"
_NUMBER = MappingProxyType(
    {
        "int64": re.compile(_WHOLE),
        "double": re.compile(rf"{_WHOLE}(?:\.\d+)?(?:[eE][-+]?\d{{1,3}})?"),
    }
)


@dataclass(frozen=True)
class StoredRow:
    """One chunk, before it has a vector.

    Attributes:
        record: id of its record: 16 hex digits.
        chunk: its place in the record, from 0.
        chunks: how many the record has.
        text: the chunk.
        read: what the model reads: its title and the chunk.
        title: of the text it was taken from.
        source: the file.
        line: in the file.
        fields: the other columns.
    """

    record: str
    chunk: int
    chunks: int
    text: str
    read: str
    title: str
    source: str
    line: int
    fields: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The record's id, with the chunk's number where there are several."""
        return f"{self.record}.{self.chunk}" if self.chunks > 1 else self.record

    @property
    def last(self) -> bool:
        """Whether its record ends with it."""
        return self.chunk == self.chunks - 1


class Identities:
    """Ids of records by their content: the same content has the same id in every run."""

    def __init__(self, chunking: str) -> None:
        self._chunking = chunking
        self._seen: dict[bytes, int] = {}

    def of(self, record: Record, source: str) -> str:
        """A record's id: source, text, fields and chunking, hashed.

        The line plays no part, so that a line put before it changes nothing; a second record of
        the same content in the same source gets another id by its number.
        """
        given = record.fields
        fields = json.dumps(dict(given), sort_keys=True, default=str) if given else ""
        content = "\0".join((source, self._chunking, record.title, record.text, fields))
        key = hashlib.blake2b(content.encode(), digest_size=8).digest()
        number = self._seen[key] = self._seen.get(key, 0) + 1
        if number > 1:
            key = hashlib.blake2b(key + str(number).encode(), digest_size=8).digest()
        return key.hex()


def rows_of(key: str, chunks: Sequence[Chunk]) -> list[StoredRow]:
    """The rows of one record, given all its chunks."""
    record = chunks[0].record
    # a table's own column of titles is in ours already
    fields: Mapping[str, Any] = record.fields
    if record.title:
        fields = {
            name: value
            for name, value in fields.items()
            if name.strip().lower() != "title" or str(value).strip() != record.title
        }
    return [
        StoredRow(
            record=key,
            chunk=chunk.number,
            chunks=len(chunks),
            text=chunk.text,
            read=chunk.model_input,
            title=record.title,
            source=record.source,
            line=record.line,
            fields=fields,
        )
        for chunk in chunks
    ]


def column_name(name: str) -> str:
    """A field's name as a column: none of our own, no dots, which mean nesting there."""
    clean = str(name).strip().replace(".", "_").replace("`", "_") or "_"
    return f"{clean}_" if clean in OWN or clean.startswith("_") else clean


def schema(dimension: int, storage: Storage, manifest: str) -> Any:
    """The columns of an empty collection."""
    arrow: Any = require("pyarrow", "store")
    numbers = {"float32": arrow.float32(), "float16": arrow.float16(), "int8": arrow.int8()}
    kinds = {
        "passage": arrow.int32(),
        "passages": arrow.int32(),
        "line": arrow.int64(),
        "vector": arrow.list_(numbers[storage], dimension),
    }
    metadata = {"vector": {KEY: manifest}}
    return arrow.schema(
        [
            arrow.field(name, kinds.get(name, arrow.string()), metadata=metadata.get(name))
            for name in OWN
        ]
    )


def field_types(rows: Sequence[StoredRow], known: Iterable[str]) -> dict[str, str]:
    """Types of the columns that rows have and a table does not.

    One of `int64`, `double`, `bool` and `string`. A column is of numbers where all its values here
    are; those of a CSV file are read from text.
    """
    known = set(known)
    values: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.fields.items():
            column = column_name(name)
            if column not in known and value is not None and value != "":
                values.setdefault(column, []).append(value)
    return {name: _kind(column) for name, column in values.items()}


def _kind(values: Sequence[Any]) -> str:
    for kind in ("bool", "int64", "double"):
        if all(_cast(value, kind) is not None for value in values):
            return kind
    return "string"


def _cast(value: Any, kind: str) -> Any:
    """A value in a column's type; None where it does not fit."""
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value, default=str)
    if kind == "bool" or isinstance(value, bool):
        return value if kind == "bool" and isinstance(value, bool) else None
    return _number(value, kind)


def _number(value: Any, kind: str) -> int | float | None:
    if isinstance(value, str):
        if not _NUMBER[kind].fullmatch(value):
            return None
        value = float(value) if kind == "double" else int(value)
    if not isinstance(value, int | float):
        return None
    if kind == "double":
        return float(value)
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


@dataclass(frozen=True)
class RowBatch:
    """Rows ready to be written.

    Attributes:
        table: an Arrow table of a collection's schema.
        misfits: how many values of a column do not fit its type and are left empty.
    """

    table: Any
    misfits: Mapping[str, int]


def batch(rows: Sequence[StoredRow], vectors: NDArray[np.float32], table_schema: Any) -> RowBatch:
    """Rows and their vectors, float32 `[n, d]`, as a table."""
    arrow: Any = require("pyarrow", "store")
    columns: dict[str, Any] = {
        name: [getattr(row, ATTRIBUTES.get(name, name)) for row in rows]
        for name in OWN
        if name != "vector"
    }
    columns["title"] = [title or None for title in columns["title"]]
    kind = table_schema.field("vector").type
    flat = arrow.array(stored(vectors, str(kind.value_type)).ravel(), kind.value_type)
    columns["vector"] = arrow.FixedSizeListArray.from_arrays(flat, kind.list_size)
    misfits: Counter[str] = Counter()
    theirs = [field for field in table_schema if field.name not in OWN]
    given = [
        {column_name(name): value for name, value in row.fields.items()}
        for row in (rows if theirs else ())
    ]
    for field in theirs:
        columns[field.name] = values = []
        for fields in given:
            value = fields.get(field.name)
            fit = None if value is None else _cast(value, str(field.type))
            misfits[field.name] += fit is None and value not in {None, ""}
            values.append(fit)
    arrays = [
        column if isinstance(column, arrow.Array) else arrow.array(column, field.type)
        for field in table_schema
        for column in (columns[field.name],)
    ]
    return RowBatch(
        arrow.Table.from_arrays(arrays, names=table_schema.names),
        MappingProxyType({name: count for name, count in misfits.items() if count}),
    )


def stored(vectors: NDArray[np.float32], kind: str) -> NDArray[Any]:
    """Vectors in the stored number format: `float`, `halffloat` or `int8`.

    As int8 each is stretched over the whole range: a cosine does not see the scale.
    """
    if kind == "halffloat":
        return np.asarray(vectors, np.float16)
    if kind == "int8":
        largest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-12)
        return np.asarray(np.round(vectors * (127 / largest)), np.int8)
    return np.ascontiguousarray(vectors, np.float32)


def restored(column: Any) -> NDArray[np.float32]:
    """An Arrow column of vectors as float32 `[n, d]`."""
    flat = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    values = flat.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float32).reshape(len(flat), flat.type.list_size)
