"""Reads hard-wrapped plain text by paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import BinaryIO

from likewise.data.readers.contract import Row, SourceFile
from likewise.data.readers.encodings import Line, read_lines
from likewise.data.readers.plain import PART, line_rows
from likewise.data.readers.titles import Headings

SAMPLE = 2**16
"""Characters at the start of a file that are examined for wrapping."""

_WIDTHS = range(40, 121)
"""Lengths of the longest line in wrapped text."""

_FULL = 0.8
"""Share of the lines of wrapped text that have no room for the next word."""

_UNDERLINE = re.compile(r"([=\-~^\"'#*+`.:_])\1{2,}")


def read_plain(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """One text per line, or the paragraphs of wrapped text; the latter is reported."""
    lines = read_lines(stream, source)
    head = _head(lines)
    all_lines = chain(head, lines)
    if is_wrapped([line.text.rstrip() for line in head]):
        source.on_message(f"{source.name} has wrapped lines and is read by paragraphs")
        yield from _paragraphs(all_lines, source)
    else:
        yield from line_rows(all_lines)


def reads_paragraphs(stream: BinaryIO, source: SourceFile) -> bool:
    """Whether `read_plain` reads a file by paragraphs."""
    return is_wrapped([line.text.rstrip() for line in _head(read_lines(stream, source))])


def _head(lines: Iterable[Line]) -> list[Line]:
    """The lines at the start that are examined for wrapping."""
    head: list[Line] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line.text)
        if size >= SAMPLE:
            break
    return head


def read_paragraphs(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """Paragraphs between blank lines, with their underlined headings."""
    yield from _paragraphs(read_lines(stream, source), source)


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether lines are paragraphs that were wrapped at some width.

    That is so if there are blank lines, no line is very long, and nearly every line that another
    one follows has no room for the first word of the next.
    """
    wide = [len(line) for line in lines if " " in line]
    width = max(wide, default=0)
    pairs = [
        (line, after)
        for line, after in pairwise(lines)
        if line and after and not (_is_underline(after) or _is_underline(line))
    ]
    blank = sum(not line for line in lines[:-1])
    if width not in _WIDTHS or len(pairs) < 3 or not blank:
        return False
    full = sum(len(line) + 1 + len(after.split(maxsplit=1)[0]) > width for line, after in pairs)
    return full >= _FULL * len(pairs)


def _is_underline(line: str) -> bool:
    return bool(_UNDERLINE.fullmatch(line))


def _paragraphs(lines: Iterable[Line], source: SourceFile) -> Iterator[Row]:
    headings = Headings(source.title)
    levels: dict[str, int] = {}
    for first, paragraph in _joined(_blocks(lines)):
        if not isinstance(paragraph, list):
            yield Row(first, paragraph.problem)
            continue
        heading = _heading(paragraph)
        if heading:
            text, mark, count = heading
            headings.enter(levels.setdefault(mark, len(levels) + 1), text)
            paragraph, first = paragraph[count:], first + count  # noqa: PLW2901
        if paragraph:
            yield Row(first, "\n".join(paragraph), headings.title)


def _heading(paragraph: Sequence[str]) -> tuple[str, str, int] | None:
    """The heading at the start of a paragraph, its underline, and its number of lines."""
    over = len(paragraph) > 2 and _is_underline(paragraph[0])
    at = 1 if over else 0
    if len(paragraph) < at + 2 or not _is_underline(paragraph[at + 1]):
        return None
    text, line = paragraph[at].strip(), paragraph[at + 1]
    if len(line) < 0.75 * len(text) or (over and paragraph[0][0] != line[0]):
        return None
    return text, line[0] * (2 if over else 1), at + 2


_Block = tuple[int, list[str] | Line]
"""The first line of a paragraph and its lines; or a line that cannot be read."""


def _blocks(lines: Iterable[Line]) -> Iterator[_Block]:
    paragraph: list[str] = []
    first = size = 0
    for line in lines:
        text = line.text.rstrip()
        if paragraph and (line.problem or not text or size > PART):
            yield first, paragraph
            paragraph, size = [], 0
        if line.problem:
            yield line.number, line
        elif text:
            first = first if paragraph else line.number
            paragraph.append(text)
            size += len(text)
    if paragraph:
        yield first, paragraph


def _joined(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Joins a paragraph that ends with a colon to the next one."""
    leading: tuple[int, list[str]] | None = None
    for first, block in blocks:
        if isinstance(block, list):
            start, lines = (leading[0], [*leading[1], *block]) if leading else (first, block)
            leading = None
            if block[-1].endswith((":", "：")) and not _is_underline(block[-1]):
                leading = (start, lines)
            else:
                yield start, lines
            continue
        if leading:
            yield leading
            leading = None
        yield first, block
    if leading:
        yield leading
