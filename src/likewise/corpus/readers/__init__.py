"""Kinds of files: bytes in, rows out."""

from likewise.corpus.readers.contract import Format, Problem, Row, Source, Tell
from likewise.corpus.readers.formats import form_of, named_form, opened
from likewise.corpus.readers.paths import expand

__all__ = [
    "Format",
    "Problem",
    "Row",
    "Source",
    "Tell",
    "expand",
    "form_of",
    "named_form",
    "opened",
]
