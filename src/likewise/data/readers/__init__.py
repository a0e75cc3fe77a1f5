"""Readers of file formats: bytes in, rows out."""

from likewise.data.readers.contract import (
    Format,
    Limits,
    OnEncoding,
    Problem,
    Row,
    Rows,
    SourceFile,
)
from likewise.data.readers.detection import DetectedEncoding
from likewise.data.readers.formats import format_of, open_binary, require_format
from likewise.data.readers.limits import limits_from_environment
from likewise.data.readers.object_store import located, object_address, resolved
from likewise.data.readers.paths import expand, is_folder

__all__ = [
    "DetectedEncoding",
    "Format",
    "Limits",
    "OnEncoding",
    "Problem",
    "Row",
    "Rows",
    "SourceFile",
    "expand",
    "format_of",
    "is_folder",
    "limits_from_environment",
    "located",
    "object_address",
    "open_binary",
    "require_format",
    "resolved",
]
