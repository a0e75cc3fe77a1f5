"""What can be tokenized: strings of valid Unicode."""

from __future__ import annotations

import re
from collections.abc import Sequence

from likewise.errors import TextError
from likewise.wording import with_article

_SURROGATE = re.compile("[\ud800-\udfff]")


def check_texts(texts: Sequence[object], first_index: int) -> None:
    """Check the type of each text; the tokenizer would read a tuple as a pair of texts.

    Raises:
        TextError: see `check_text`.
    """
    if not all(type(text) is str for text in texts):
        for index, text in enumerate(texts, first_index):
            check_text(text, index)


def check_text(text: object, index: int) -> None:
    """Check that an item is a text.

    Raises:
        TextError: not a string, or a string with a lone surrogate, which cannot be encoded.
    """
    if not isinstance(text, str):
        raise TextError(
            f"text {index} is {with_article(type(text).__name__)}, expected a string",
            hint="pass strings; leave out missing values or replace them by ''",
            index=index,
        )
    if match := _SURROGATE.search(text):
        raise TextError(
            f"text {index} contains a lone surrogate (U+{ord(match[0]):04X}) at character "
            f"{match.start()}, which is not valid Unicode",
            hint="decode the source with errors='replace', or remove the character",
            index=index,
        )
