"""HTML pages: the text a reader sees, paragraph by paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from likewise.corpus.readers.contract import Row, Source
from likewise.corpus.readers.encodings import decode_page
from likewise.corpus.readers.limits import read_whole
from likewise.extras import require

UNSEEN = ("script", "style", "noscript", "template", "svg", "head", "nav", "footer", "dialog")
"""Elements whose text is no part of what the page says."""

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
))  # fmt: skip
"""Elements that begin a line of their own."""

_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")


def read_html(stream: BinaryIO, source: Source) -> Iterator[Row]:
    """The page as one text: its `main` or `article` where there is just one, else its body.

    Raises:
        MissingExtraError: the extra `documents` is not installed.
        RecordError: its encoding is not known.
    """
    lexbor = require("selectolax.lexbor", "documents")
    page = lexbor.LexborHTMLParser(decode_page(read_whole(stream, source), source))
    named = page.css_first("title") or page.css_first("h1")
    title = " ".join(named.text().split()) if named else ""
    for unseen in UNSEEN:
        for node in page.css(unseen):
            node.decompose()
    if text := _text(_content(page)):
        yield Row(1, text, title or source.title)


def _content(page: Any) -> Any:
    for name in ("main", "article"):
        found = page.css(name)
        if len(found) == 1 and _text(found[0]):
            return found[0]
    return page.body


def _text(root: Any) -> str:
    """Text with a blank line between blocks."""
    parts: list[str] = []
    for node in root.traverse(include_text=True) if root else ():
        if node.tag == "-text":
            parts.append(_BLANKS.sub(" ", node.text_content.replace("\n", " ")))
        elif node.tag in BLOCKS:
            parts.append("\n")
        elif node.tag in ("td", "th"):
            parts.append(" ")
    return _BREAKS.sub("\n\n", "".join(parts)).strip()
