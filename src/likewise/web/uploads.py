"""Reads uploaded files, with limits after decompression."""

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
    """Limits of an uploaded file, after decompression.

    Attributes:
        size: bytes.
        texts: number of texts.
    """

    size: int = 1 << 29
    texts: int = 10_000_000


DEFAULT_LIMITS = UploadLimits()


def read_upload(
    path: str,
    column: str | None,
    encoding: str | None = None,
    *,
    limits: UploadLimits = DEFAULT_LIMITS,
    on_encoding: OnEncoding | None = None,
) -> Iterator[Record]:
    """Stream the texts of a file.

    Args:
        path: the file.
        column: the column of the texts; see `read_records`.
        encoding: of the file; see `read_records`.
        limits: limits of the file.
        on_encoding: called with the encoding of the file.

    Raises:
        PageError: it exceeds a limit.
        RecordError: it cannot be read.
        InputError: an unknown column or encoding.
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


def check_count(count: int, limits: UploadLimits = DEFAULT_LIMITS) -> None:
    """Check the number of texts.

    Raises:
        PageError: it is over the limit.
    """
    if count > limits.texts:
        raise PageError("failure.upload_texts", n=f"{limits.texts:,}")


def check_size(path: str, limits: UploadLimits = DEFAULT_LIMITS) -> None:
    """Check the size of a file after decompression.

    Raises:
        PageError: it is over the limit.
        RecordError: it cannot be decompressed.
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
    """Whether the decoded columns of a Parquet file are within the limit.

    A dictionary-encoded column stores each value once, so that a small file can decode to any
    number of bytes.
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
            # at least one byte per value
            if max(stated, sum(chunk.num_values for chunk in chunks)) > limits.size:
                return False
            stream.seek(0)
            texts = {
                chunk.path_in_schema for chunk in chunks if chunk.physical_type == "BYTE_ARRAY"
            }
            file = parquet.ParquetFile(stream, read_dictionary=sorted(texts))
            return _decoded(file, limits.size) <= limits.size
    except (arrow.ArrowException, OSError, ValueError):
        return True  # reading the file reports the error


def _decoded(file: Any, most: int) -> int:
    """Decoded bytes of the text columns of a Parquet file; stops counting above `most`."""
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
