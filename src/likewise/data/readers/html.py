"""Reads HTML pages: their visible text, by paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from likewise.data.readers.contract import Row, SourceFile
from likewise.data.readers.encodings import decode_page
from likewise.data.readers.limits import read_whole
from likewise.data.readers.titles import Headings
from likewise.extras import require

REMOVED = ("script", "style", "noscript", "template", "svg", "head", "nav", "footer", "dialog")
"""Elements whose text is not part of the content."""

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
))  # fmt: skip
"""Elements that start a new line."""

_MARK = "\ufdd0"
"""Surrounds the number of a heading; a Unicode noncharacter, for internal use."""

_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")


def read_html(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The page as one text: its `main` or `article` element if there is exactly one, else its body.

    Raises:
        MissingExtraError: the extra `documents` is not installed.
        RecordError: the encoding is unknown.
    """
    page, title = _page(stream, source)
    if text := _text(_content(page)):
        yield Row(1, text, title)


def read_html_sections(stream: BinaryIO, source: SourceFile) -> Iterator[Row]:
    """The sections of the page: the text under each heading, with the path of headings.

    Raises:
        MissingExtraError: the extra `documents` is not installed.
        RecordError: the encoding is unknown.
    """
    page, title = _page(stream, source)
    headings = Headings(title)
    content = _content(page)
    found: list[tuple[int, str]] = []
    for node in content.css("h1, h2, h3, h4, h5, h6") if content else ():
        found.append((int(node.tag[1]), " ".join(node.text().split())))
        node.replace_with(f"\n{_MARK}{len(found) - 1}{_MARK}\n")
    before, *sections = _MARKED.split(_text(content))
    if before.strip():
        yield Row(1, before.strip(), headings.title)
    for index, (number, body) in enumerate(zip(sections[::2], sections[1::2], strict=True)):
        level, heading = found[int(number)]
        headings.enter(level, heading)
        below = found[index + 1][0] > level if index + 1 < len(found) else False
        if (text := f"{heading}\n\n{body.strip()}".strip()) and (body.strip() or not below):
            breaks = tuple(match.end() for match in _BREAKS.finditer(text))[1:]
            yield Row(1, text, headings.title, breaks)


def _page(stream: BinaryIO, source: SourceFile) -> tuple[Any, str]:
    """The page without `REMOVED` elements, and its title."""
    lexbor = require("selectolax.lexbor", "documents")
    page = lexbor.LexborHTMLParser(decode_page(read_whole(stream, source), source))
    named = page.css_first("title") or page.css_first("h1")
    title = " ".join(named.text().split()) if named else ""
    for name in REMOVED:
        for node in page.css(name):
            node.decompose()
    return page, title or source.title


def _content(page: Any) -> Any:
    for name in ("main", "article"):
        found = page.css(name)
        if len(found) == 1 and _text(found[0]):
            return found[0]
    return page.body


def _text(root: Any) -> str:
    """The text, with a blank line between blocks."""
    parts: list[str] = []
    for node in root.traverse(include_text=True) if root else ():
        if node.tag == "-text":
            parts.append(_BLANKS.sub(" ", node.text_content.replace("\n", " ")))
        elif node.tag in BLOCKS:
            parts.append("\n")
        elif node.tag in ("td", "th"):
            parts.append(" ")
    return _BREAKS.sub("\n\n", "".join(parts)).strip()
