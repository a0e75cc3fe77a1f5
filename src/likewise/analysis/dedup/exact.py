"""Exact copies: texts that are the same but for case, spaces and Unicode forms."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

import numpy as np

Keep = Literal["longest", "first"]
"""Which text of a group is kept: the longest (of equal ones, the first by alphabet), or the one
that comes first in the files."""
KEEPS: tuple[Keep, ...] = ("longest", "first")


def plain(text: str) -> str:
    """What is left of a text where case, spaces and Unicode forms say nothing."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class ExactGroups:
    """Texts without their exact copies, in the order in which they are gone through.

    Attributes:
        plain: `[m]` their plain forms.
        rows: int64 `[m]` the row kept of each.
        places: int64 `[n]` where each row's text stands in that order.
    """

    def __init__(self, texts: Sequence[str], keep: Keep) -> None:
        forms = [plain(text) for text in texts]
        chosen: dict[str, int] = {}
        for row, form in enumerate(forms):
            earlier = chosen.setdefault(form, row)
            if keep == "longest" and earlier != row and _worth(texts[row]) < _worth(texts[earlier]):
                chosen[form] = row
        self.plain = sorted(chosen, key=rank) if keep == "longest" else list(chosen)
        place = {form: number for number, form in enumerate(self.plain)}
        self.rows = np.asarray([chosen[form] for form in self.plain], np.int64)
        self.places = np.asarray([place[form] for form in forms], np.int64)


def rank(text: str) -> tuple[int, str]:
    """Sorts the longest first, equal ones by alphabet."""
    return -len(text), text


def _worth(text: str) -> tuple[int, str, str]:
    """The same for copies, whose spaces and Unicode forms make none of them longer."""
    return (*rank(" ".join(unicodedata.normalize("NFC", text).split())), text)
