"""Reads Markdown by sections: the text under each heading is a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from likewise.data.readers.contract import Row, SourceFile
from likewise.data.readers.plain import document_parts, front_matter
from likewise.data.readers.titles import Headings

if TYPE_CHECKING:
    from markdown_it.token import Token

LEAD_IN = 120
"""Most characters of a one-line paragraph that belongs to the list, code or table after it."""

_AFTER_LEAD_IN = ("bullet_list_open", "ordered_list_open", "fence", "code_block", "table_open")


@dataclass
class _Section:
    """The text under one heading.

    Attributes:
        heading: text of the heading; empty before the first one.
        start: index of its first line in the part.
        body: index of the line after the heading.
        end: index after its last line.
        blocks: index of the first line of each block, except blocks that belong to the previous
            one.
    """

    heading: str
    start: int
    body: int
    end: int = 0
    blocks: list[int] = field(default_factory=list)


def read_sections(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The sections of a document, each with its heading, without sections that have no text.

    The title of a row is the path of headings, including its own; the text begins with the heading
    as written. The breaks are the starts of blocks, so that a long section is split between them:
    code is not split, and a list stays with the line that introduces it.
    """
    from markdown_it import MarkdownIt  # imported only when needed

    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    headings = Headings()
    for row in document_parts(stream, source):
        if not isinstance(row.value, str):
            yield row
            continue
        text = row.value
        if row.line == 1 and (front := front_matter(text)):
            headings.root = front.title
            text = "\n" * front.lines + text[front.end :]
        tokens = parser.parse(text)
        if not headings.root:
            headings.root = _first_heading(tokens) or source.title
        lines = _lines(text)
        yield from _rows(_sections(tokens, len(lines)), lines, headings, row.line)


def _lines(text: str) -> list[str]:
    """The lines as counted by the parser."""
    return [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _rows(
    sections: Sequence[tuple[int, _Section]], lines: Sequence[str], headings: Headings, first: int
) -> Iterator[Row]:
    for index, (level, section) in enumerate(sections):
        if level:
            headings.enter(level, section.heading)
        empty = not any(line.strip() for line in lines[section.body : section.end])
        if empty and (not level or _has_below(sections, index)):
            continue
        filled = [n for n in range(section.start, section.end) if lines[n].strip()]
        start, end = filled[0], filled[-1] + 1
        ends = _ends(lines[start:end])
        # the first block stays with the heading
        breaks = tuple(ends[n - start - 1] for n in section.blocks[1:] if start < n < end)
        yield Row(first + start, "".join(lines[start:end]).rstrip(), headings.title, breaks)


def _has_below(sections: Sequence[tuple[int, _Section]], index: int) -> bool:
    return index + 1 < len(sections) and sections[index + 1][0] > sections[index][0]


def _ends(lines: Sequence[str]) -> list[int]:
    """The offset after each line."""
    ends: list[int] = []
    for line in lines:
        ends.append((ends[-1] if ends else 0) + len(line))
    return ends


def _sections(tokens: Sequence[Token], lines: int) -> list[tuple[int, _Section]]:
    """The sections of a part, each with the level of its heading, 0 without one."""
    sections = [(0, _Section("", 0, 0))]
    before = ""
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0:
            continue
        start, end = token.map
        if token.type == "heading_open":
            sections[-1][1].end = start
            heading = _plain(tokens[index + 1].content)
            sections.append((int(token.tag[1]), _Section(heading, start, end)))
            before = ""
            continue
        if not (token.type in _AFTER_LEAD_IN and _leads_in(before)):
            sections[-1][1].blocks.append(start)
        before = tokens[index + 1].content if token.type == "paragraph_open" else ""
    sections[-1][1].end = lines
    return sections


def _leads_in(paragraph: str) -> bool:
    if not paragraph:
        return False
    short = "\n" not in paragraph and len(paragraph) <= LEAD_IN
    return short or paragraph.rstrip().endswith((":", "："))


def _first_heading(tokens: Sequence[Token]) -> str:
    """The title of a document: its first heading, if that has level 1."""
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and not token.level:
            return _plain(tokens[index + 1].content) if token.tag == "h1" else ""
    return ""


def _plain(heading: str) -> str:
    """A heading without the markup of emphasis, code and links."""
    from markdown_it import MarkdownIt

    children = MarkdownIt("commonmark").parseInline(heading)[0].children or []
    return " ".join(
        "".join(child.content or " " for child in children if child.nesting == 0).split()
    )
