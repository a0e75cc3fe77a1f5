"""Texts in pieces and portions, so that tokenizing them takes bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

PORTION = 200_000
"""Characters that are tokenized at once, for bounded memory."""

PIECE = 20_000
"""Characters of a long text that one core takes at once."""

_BLANK = re.compile("[ \n\t]")
_MARK = re.compile("[ \n\t。！？]")


def portions(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Neighbouring texts of up to `PORTION` characters together, and the place of their first."""
    start = size = 0
    for index, text in enumerate(texts):
        if size and size + len(text) > PORTION:
            yield start, texts[start:index]
            start, size = index, 0
        size += len(text)
    if start < len(texts):
        yield start, texts[start:]


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of about `PIECE` characters that begin at a blank."""
    start = 0
    while blank := _BLANK.search(text, start + PIECE):
        yield text[start : blank.start()]
        start = blank.start()
    yield text[start:]


def bounded_pieces(text: str) -> Iterator[str]:
    """Pieces that begin at a blank or a full stop, and somewhere where there is none for long."""
    start = 0
    while start + 4 * PIECE < len(text):
        mark = _MARK.search(text, start + PIECE, start + 4 * PIECE)
        end = mark.start() if mark else start + 4 * PIECE
        yield text[start:end]
        start = end
    yield text[start:]
