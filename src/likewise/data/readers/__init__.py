"""Kinds of files: bytes in, rows out."""

from likewise.data.readers.contract import Detected, Format, Limits, Problem, Row, SourceFile
from likewise.data.readers.detection import DetectedEncoding
from likewise.data.readers.formats import form_of, named_form, opened
from likewise.data.readers.limits import limits_from_environment
from likewise.data.readers.paths import expand

__all__ = [
    "Detected",
    "DetectedEncoding",
    "Format",
    "Limits",
    "Problem",
    "Row",
    "SourceFile",
    "expand",
    "form_of",
    "limits_from_environment",
    "named_form",
    "opened",
]
