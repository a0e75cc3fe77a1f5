"""Texts in parts and batches of limited size, so that tokenization needs bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

BATCH_CHARACTERS = 200_000
"""Maximum number of characters that are tokenized in one call, unless one text is longer."""

PART_CHARACTERS = 20_000
"""Characters of a part of a long text. The tokenizer processes the parts on different cores."""

_WHITESPACE = re.compile("[ \n\t]")
_BOUNDARY = re.compile("[ \n\t。！？]")


def batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Consecutive texts of up to `BATCH_CHARACTERS` in total, with the index of the first."""
    start = size = 0
    for index, text in enumerate(texts):
        if size and size + len(text) > BATCH_CHARACTERS:
            yield start, texts[start:index]
            start, size = index, 0
        size += len(text)
    if start < len(texts):
        yield start, texts[start:]


def parts_at_whitespace(text: str) -> Iterator[str]:
    """Parts of a text that begin at whitespace, of at least `PART_CHARACTERS` except the last."""
    start = 0
    while match := _WHITESPACE.search(text, start + PART_CHARACTERS):
        yield text[start : match.start()]
        start = match.start()
    yield text[start:]


def bounded_parts(text: str) -> Iterator[str]:
    """Parts of at most 4 * `PART_CHARACTERS`, split at whitespace or a full stop if possible."""
    start, longest = 0, 4 * PART_CHARACTERS
    while start + longest < len(text):
        match = _BOUNDARY.search(text, start + PART_CHARACTERS, start + longest)
        end = match.start() if match else start + longest
        yield text[start:end]
        start = end
    yield text[start:]
