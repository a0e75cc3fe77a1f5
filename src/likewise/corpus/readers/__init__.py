"""Kinds of files: bytes in, rows out."""

from likewise.corpus.readers.contract import (
    Detected,
    Format,
    Limits,
    Problem,
    Row,
    Source,
    Tell,
)
from likewise.corpus.readers.detection import DetectedEncoding
from likewise.corpus.readers.formats import form_of, named_form, opened
from likewise.corpus.readers.limits import limits_from_environment
from likewise.corpus.readers.paths import expand

__all__ = [
    "Detected",
    "DetectedEncoding",
    "Format",
    "Limits",
    "Problem",
    "Row",
    "Source",
    "Tell",
    "expand",
    "form_of",
    "limits_from_environment",
    "named_form",
    "opened",
]
