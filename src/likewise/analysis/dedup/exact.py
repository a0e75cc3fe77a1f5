"""Exact copies: texts that are equal except for case, spaces and Unicode forms."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

import numpy as np

Keep = Literal["longest", "first"]
"""Which text of a group stays: the longest (of equally long ones, the first in alphabetical order),
or the one that comes first in the files."""
KEEPS: tuple[Keep, ...] = ("longest", "first")


def normalized(text: str) -> str:
    """A text in NFKC, case-folded, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class ExactGroups:
    """The distinct texts of a corpus, in the order in which they are processed.

    Attributes:
        normalized: `[m]` their normalized forms.
        rows: int64 `[m]` the row that represents each.
        positions: int64 `[n]` the position of each row's text in that order.
    """

    def __init__(self, texts: Sequence[str], keep: Keep) -> None:
        forms = [normalized(text) for text in texts]
        chosen: dict[str, int] = {}
        for row, form in enumerate(forms):
            earlier = chosen.setdefault(form, row)
            if (
                keep == "longest"
                and earlier != row
                and _copy_rank(texts[row]) < _copy_rank(texts[earlier])
            ):
                chosen[form] = row
        self.normalized = sorted(chosen, key=rank) if keep == "longest" else list(chosen)
        position = {form: number for number, form in enumerate(self.normalized)}
        self.rows = np.asarray([chosen[form] for form in self.normalized], np.int64)
        self.positions = np.asarray([position[form] for form in forms], np.int64)


def rank(text: str) -> tuple[int, str]:
    """Sorts the longest first, equally long ones in alphabetical order."""
    return -len(text), text


def _copy_rank(text: str) -> tuple[int, str, str]:
    """The same for copies; extra spaces and Unicode forms do not make a copy longer."""
    return (*rank(" ".join(unicodedata.normalize("NFC", text).split())), text)
