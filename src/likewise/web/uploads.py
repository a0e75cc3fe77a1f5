"""Texts of a file that a visitor handed in, bounded by what it unpacks to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.data.readers import open_binary
from likewise.data.readers.contract import Limits, OnEncoding
from likewise.data.readers.formats import COMPRESSED
from likewise.data.records import Record, read_records
from likewise.extras import require
from likewise.web.messages import PageError

_PIECE = 1 << 20


@dataclass(frozen=True)
class UploadLimits:
    """How much a file may hold, unpacked.

    Attributes:
        size: bytes.
        texts: texts.
    """

    size: int = 1 << 29
    texts: int = 10_000_000


USUAL = UploadLimits()


def read_upload(
    path: str,
    column: str | None,
    encoding: str | None = None,
    *,
    limits: UploadLimits = USUAL,
    on_encoding: OnEncoding | None = None,
) -> Iterator[Record]:
    """The texts of a file, one after the other.

    Args:
        path: the file.
        column: the column of the texts; see `read_records`.
        encoding: of the file; see `read_records`.
        limits: how much it may hold.
        on_encoding: called with the encoding of the file.

    Raises:
        PageError: it holds more.
        RecordError: it cannot be read.
        InputError: there is no such column or encoding.
    """
    size = 0
    bounds = Limits(row=limits.size, file=limits.size)
    records = read_records(
        path, column=column, encoding=encoding, limits=bounds, on_encoding=on_encoding
    )
    for count, record in enumerate(records, 1):
        size += len(record.text)
        check_count(count, limits)
        if size > limits.size:
            raise _too_large(limits)
        yield record


def check_count(count: int, limits: UploadLimits = USUAL) -> None:
    """Refuse more texts than a visitor may hand in.

    Raises:
        PageError: there are more.
    """
    if count > limits.texts:
        raise PageError("failure.upload_texts", n=f"{limits.texts:,}")


def check_size(path: str, limits: UploadLimits = USUAL) -> None:
    """Unpack a file, or read what it says of itself, without keeping any of it.

    Raises:
        PageError: it unpacks to more than the limit.
        RecordError: it cannot be unpacked.
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        with open_binary(path, Path(path).name) as stream:
            read = 0
            while piece := stream.read(_PIECE):
                read += len(piece)
                if read > limits.size:
                    raise _too_large(limits)
    if ".parquet" in suffixes[-2:] and not _fits(path, limits):
        raise _too_large(limits)


def _fits(path: str, limits: UploadLimits) -> bool:
    """Whether the columns of a Parquet file are within the limit once they are decoded.

    A column with a dictionary holds each of its values once, however often it occurs, so that a
    small file can stand for any number of bytes.
    """
    arrow: Any = require("pyarrow", "files")
    parquet: Any = require("pyarrow.parquet", "files")
    try:
        with open_binary(path, Path(path).name) as stream:
            found = parquet.ParquetFile(stream).metadata
            chunks = [
                found.row_group(group).column(column)
                for group in range(found.num_row_groups)
                for column in range(found.num_columns)
            ]
            stated = sum(chunk.total_uncompressed_size for chunk in chunks)
            # at least a byte for each value
            if max(stated, sum(chunk.num_values for chunk in chunks)) > limits.size:
                return False
            stream.seek(0)
            texts = {
                chunk.path_in_schema for chunk in chunks if chunk.physical_type == "BYTE_ARRAY"
            }
            file = parquet.ParquetFile(stream, read_dictionary=sorted(texts))
            return _decoded(file, limits.size) <= limits.size
    except (arrow.ArrowException, OSError, ValueError):
        return True  # reading it says what is wrong


def _decoded(file: Any, most: int) -> int:
    """Bytes of a Parquet file's text columns, decoded; it stops beyond `most`."""
    arrow: Any = require("pyarrow", "files")
    compute: Any = require("pyarrow.compute", "files")
    size = 0
    for batch in file.iter_batches(batch_size=8192):
        for column in batch.columns:
            if not arrow.types.is_dictionary(column.type):
                size += column.nbytes
                continue
            lengths = compute.binary_length(column.dictionary).cast("int64")
            size += compute.sum(lengths.take(column.indices)).as_py() or 0
        if size > most:
            break
    return size


def _too_large(limits: UploadLimits) -> PageError:
    return PageError("failure.upload_size", n=f"{limits.size >> 20:,}")
