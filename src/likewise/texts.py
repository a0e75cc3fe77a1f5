"""Input texts as a list, and results as torch tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.errors import InputError
from likewise.extras import require
from likewise.tokenization.valid_texts import check_text
from likewise.wording import with_article


def listed(texts: Any) -> list[str]:
    """Texts as a list.

    Args:
        texts: any iterable of texts, also a NumPy array of any shape; a text may be `{"text": …}`,
            as in sentence-transformers.

    Raises:
        InputError: it is a single text, is not iterable, or has a dictionary with other keys.
        TextError: an item is not a string, or not valid Unicode; the error gives its index.
    """
    if is_single(texts):
        raise InputError("one text where several are expected", hint="pass a list of texts")
    if isinstance(texts, np.ndarray):
        texts = texts.ravel().tolist()
    try:
        result = list(texts)
    except TypeError:
        raise InputError(
            f"cannot encode {with_article(type(texts).__name__)}",
            hint="pass a text, or any iterable of texts",
        ) from None
    if not all(type(text) is str for text in result):
        result = [_text_of(text, index) for index, text in enumerate(result)]
        for index, text in enumerate(result):
            check_text(text, index)
    return result


def is_single(texts: object) -> bool:
    """Whether this is one text: a string or a dictionary."""
    return isinstance(texts, str | Mapping)


def _text_of(item: Any, index: int) -> Any:
    """The text of a dictionary; other items unchanged."""
    if not isinstance(item, Mapping):
        return item
    if set(item) != {"text"}:
        raise InputError(
            f"the dictionary at index {index} has the keys {list(item)}, expected 'text' alone",
            hint='pass texts, or dictionaries such as {"text": "…"}',
        )
    return item["text"]


def is_tensor(value: object) -> bool:
    """Whether a value is a torch tensor, without importing torch."""
    return type(value).__module__ == "torch"


def tensor(array: NDArray[Any]) -> Any:
    """An array as a torch tensor with shared memory.

    Raises:
        MissingExtraError: torch is not installed.
    """
    return require("torch", "train").from_numpy(array)
