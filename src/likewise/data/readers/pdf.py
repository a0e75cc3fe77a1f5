"""Reads PDF files: one text per page."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any, BinaryIO

from likewise.data.readers.contract import Problem, Row, SourceFile
from likewise.data.readers.limits import read_whole
from likewise.errors import RecordError
from likewise.extras import require


def read_pdf(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The pages, with the title of the document; the number of pages without text is reported.

    Raises:
        MissingExtraError: the extra `documents` is not installed.
        RecordError: the file is too large, not a PDF, damaged or encrypted.
    """
    content = io.BytesIO(read_whole(stream, source))
    pypdf = require("pypdf", "documents")
    # hides warnings about minor defects; failures are raised
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        document = pypdf.PdfReader(content)
        title = _title(document) or source.title
        pages = len(document.pages)
    except Exception as error:  # damaged files raise errors of any type
        raise RecordError(
            f"{source.name} cannot be read as PDF: {error}",
            hint="export it again, or decrypt it first",
        ) from error
    empty = 0
    for number in range(1, pages + 1):
        value = _page(document, number)
        if value:
            yield Row(number, value, title)
        else:
            empty += 1
    if empty:
        source.on_message(f"{source.name}: {empty:,} of {pages:,} pages have no text (scans?)")


def _page(document: Any, number: int) -> str | Problem:
    try:
        return str(document.pages[number - 1].extract_text()).strip()
    except Exception as error:  # as above
        return Problem(f"cannot be read: {type(error).__name__}: {error}", "export the file again")


def _title(document: Any) -> str:
    stated = document.metadata and document.metadata.title
    return " ".join(str(stated or "").split())
