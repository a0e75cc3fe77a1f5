"""Input texts as a list, and results as torch tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import InputError
from likewise.extras import require
from likewise.tokenization.tokenizer import check_text
from likewise.wording import with_article


def listed(texts: Any) -> list[str]:
    """Texts as a list.

    Args:
        texts: any iterable of texts, also a NumPy array of any shape; a text may be given as
            `{"text": …}`, as sentence-transformers takes it.

    Raises:
        InputError: it is a single text, cannot be iterated, or has a dictionary with other keys.
        TextError: something is no string, or no valid Unicode; the error gives its index.
    """
    if is_single(texts):
        raise InputError("one text where several are expected", hint="pass a list of texts")
    if isinstance(texts, np.ndarray):
        texts = texts.ravel().tolist()
    try:
        found = list(texts)
    except TypeError:
        raise InputError(
            f"cannot encode {with_article(type(texts).__name__)}",
            hint="pass a text, or any iterable of texts",
        ) from None
    if not all(type(text) is str for text in found):
        found = [_text_of(text, index) for index, text in enumerate(found)]
        for index, text in enumerate(found):
            check_text(text, index)
    return found


def is_single(texts: object) -> bool:
    """Whether this is one text, as a string or as a dictionary, and not several."""
    return isinstance(texts, str | Mapping)


def _text_of(given: Any, index: int) -> Any:
    """What a dictionary holds as its text; anything else as it is."""
    if not isinstance(given, Mapping):
        return given
    if set(given) != {"text"}:
        raise InputError(
            f"the dictionary at index {index} has the keys {list(given)}, expected 'text' alone",
            hint='pass texts, or dictionaries such as {"text": "…"}',
        )
    return given["text"]


def is_tensor(value: object) -> bool:
    """Whether a value is a torch tensor; torch is not imported for it."""
    return type(value).__module__ == "torch"


def tensor(array: NDArray[Any]) -> Any:
    """An array as a torch tensor, which shares its memory.

    Raises:
        MissingExtraError: torch is not installed.
    """
    return require("torch", "train").from_numpy(array)
