"""What callers hand over and get back: texts as a list, and torch's tensors where they use them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.checkpoint.tokenizer import check_text
from likewise.errors import InputError
from likewise.extras import require


def listed(texts: Any) -> list[str]:
    """Texts as a list.

    Args:
        texts: any iterable of texts, also a NumPy array of any shape.

    Raises:
        InputError: it is a single text, or cannot be iterated.
        TextError: something is no string, or no valid Unicode; the error gives its index.
    """
    if isinstance(texts, str):
        raise InputError("one text where several are expected", hint="pass a list of texts")
    if isinstance(texts, np.ndarray):
        texts = texts.ravel().tolist()
    try:
        found = list(texts)
    except TypeError:
        raise InputError(
            f"cannot encode a {type(texts).__name__}", hint="pass a text, or any iterable of texts"
        ) from None
    if not all(type(text) is str for text in found):
        for index, text in enumerate(found):
            check_text(text, index)
    return found


def is_tensor(value: object) -> bool:
    """Whether a value is a torch tensor; torch is not imported for it."""
    return type(value).__module__ == "torch"


def tensor(array: NDArray[Any]) -> Any:
    """An array as a torch tensor, which shares its memory.

    Raises:
        MissingExtraError: torch is not installed.
    """
    return require("torch", "train").from_numpy(array)
