"""PDF: a text a page."""

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
    """Its pages, under the title it states; those without text, such as scans, are told of.

    Raises:
        MissingExtraError: the extra `documents` is not installed.
        RecordError: it is too large, no PDF, damaged or locked.
    """
    content = io.BytesIO(read_whole(stream, source))
    pypdf = require("pypdf", "documents")
    # what it logs of slight flaws is of no use to people; what fails is raised
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        document = pypdf.PdfReader(content)
        title = _title(document) or source.title
        pages = len(document.pages)
    except Exception as error:  # damage shows as whatever error it happens to run into
        raise RecordError(
            f"{source.name} cannot be read as PDF: {error}",
            hint="make it again, or unlock it first",
        ) from error
    empty = 0
    for number in range(1, pages + 1):
        value = _page(document, number)
        if value:
            yield Row(number, value, title)
        else:
            empty += 1
    if empty:
        source.on_message(f"{source.name}: {empty:,} of {pages:,} pages hold no text (scans?)")


def _page(document: Any, number: int) -> str | Problem:
    try:
        return str(document.pages[number - 1].extract_text()).strip()
    except Exception as error:  # as above
        return Problem(f"cannot be read: {type(error).__name__}: {error}", "make the file again")


def _title(document: Any) -> str:
    stated = document.metadata and document.metadata.title
    return " ".join(str(stated or "").split())
