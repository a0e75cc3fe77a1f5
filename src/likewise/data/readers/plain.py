"""Reads plain text and Markdown: one text per line, or the file as a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from likewise.data.readers.contract import Row, SourceFile
from likewise.data.readers.encodings import Line, read_lines

PART = 4_000_000
"""Characters after which a document continues in another record, to bound memory."""

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(\S[^\n]*)\n=+[ \t]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---[ \t]*\r?\n(?:(?!---|\.\.\.).*\n)*(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)")
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*\r?$", re.MULTILINE)


def read_line_texts(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """One text per line; blank lines are skipped."""
    yield from line_rows(read_lines(stream, source))


def line_rows(lines: Iterable[Line]) -> Iterator[Row]:
    """One row per line; blank lines are skipped."""
    for line in lines:
        if line.problem:
            yield Row(line.number, line.problem)
        elif text := line.text.strip():
            yield Row(line.number, text)


def read_text(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The file as one text, or as several if it is longer than `PART`."""
    for row in document_parts(stream, source):
        yield Row(row.line, row.value, source.title)


def read_markdown(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The same, with the first heading as title."""
    title = ""
    for row in document_parts(stream, source):
        if isinstance(row.value, str):
            title = title or _heading(row.value) or source.title
        yield Row(row.line, row.value, title)


@dataclass(frozen=True)
class FrontMatter:
    """The metadata before a document.

    Attributes:
        title: the title; empty if there is none.
        lines: number of its lines.
        end: offset after it.
    """

    title: str
    lines: int
    end: int


def front_matter(text: str) -> FrontMatter | None:
    """The front matter of a document; None if there is none."""
    if not (front := _FRONT.match(text)):
        return None
    stated = _FRONT_TITLE.search(front[0])
    return FrontMatter(stated[1].strip() if stated else "", front[0].count("\n"), front.end())


def _heading(text: str) -> str:
    if (front := front_matter(text)) and front.title:
        return front.title
    headings = (pattern.search(text) for pattern in (_HEADING, _UNDERLINED))
    first = min(filter(None, headings), key=lambda match: match.start(), default=None)
    return first[1].strip() if first else ""


def document_parts(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The file as one text, or as several if it is longer than `PART`, without a title."""
    lines: list[str] = []
    first = 1
    size = 0
    for line in read_lines(stream, source):
        if line.problem:
            yield Row(line.number, line.problem)
            continue
        lines.append(line.text)
        size += len(line.text)
        if size >= PART and (not line.text.strip() or size >= 2 * PART):
            yield Row(first, "".join(lines))
            lines, size, first = [], 0, line.number + 1
    if (rest := "".join(lines)).strip():
        yield Row(first, rest)
