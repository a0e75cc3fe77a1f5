"""Plain text and Markdown: one text a line, or the whole as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from likewise.corpus.readers.contract import Row, Source
from likewise.corpus.readers.encodings import read_lines

PART = 4_000_000
"""Characters after which a document goes on as another record, so that memory stays bounded."""

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(\S[^\n]*)\n=+[ \t]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---\n(?:.*\n)*?title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\n(?:.*\n)*?---\n")


def read_line_texts(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """One text a line, blank lines skipped."""
    for line in read_lines(stream, source):
        if line.problem:
            yield Row(line.number, line.problem)
        elif text := line.text.strip():
            yield Row(line.number, text)


def read_text(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """The whole file as one text, or as several where it is longer than `PART`."""
    for row in _parts(stream, source):
        yield Row(row.line, row.value, source.title)


def read_markdown(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """The same, under its first heading."""
    title = ""
    for row in _parts(stream, source):
        if isinstance(row.value, str):
            title = title or _heading(row.value) or source.title
        yield Row(row.line, row.value, title)


def _heading(text: str) -> str:
    found = (pattern.search(text) for pattern in (_FRONT, _HEADING, _UNDERLINED))
    front, *headings = (match for match in found)
    if front:
        return front[1].strip()
    first = min(filter(None, headings), key=lambda match: match.start(), default=None)
    return first[1].strip() if first else ""


def _parts(stream: BinaryIO, source: Source) -> Iterator[Row]:
    kept: list[str] = []
    first = 1
    size = 0
    for line in read_lines(stream, source):
        if line.problem:
            yield Row(line.number, line.problem)
            continue
        kept.append(line.text)
        size += len(line.text)
        if size >= PART and (not line.text.strip() or size >= 2 * PART):
            yield Row(first, "".join(kept))
            kept, size, first = [], 0, line.number + 1
    if (rest := "".join(kept)).strip():
        yield Row(first, rest)
