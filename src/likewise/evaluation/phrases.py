"""Results of tasks in words, which a page can also say in another language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Self

Code = Literal[
    "match", "no_match", "above", "below", "rated", "similar", "cluster", "no_duplicates",
    "no_document",
]  # fmt: skip

ENGLISH: dict[Code, str] = {
    "match": "match",
    "no_match": "no match",
    "above": "match: cosine {cosine}, best threshold {threshold}",
    "below": "no match: cosine {cosine}, best threshold {threshold}",
    "rated": "rated {rating}: more similar than {share}% of the pairs",
    "similar": "cosine {cosine}: more similar than {share}% of the pairs",
    "cluster": "in a cluster of {labels}",
    "no_duplicates": "no duplicates",
    "no_document": "(a document that is not in the corpus)",
}


class Phrase(str):
    """A text in English, with what is needed to say it in another language.

    Args:
        code: which phrase; see `ENGLISH`.
        values: what is inserted.

    Attributes:
        code: as above.
        values: as above.
    """

    __slots__ = ("code", "values")
    code: Code
    values: dict[str, str]

    def __new__(cls, code: Code, **values: str) -> Self:
        """The text with its values."""
        self = super().__new__(cls, ENGLISH[code].format(**values))
        self.code, self.values = code, values
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Code], dict[str, str]]:
        """For copies."""
        return (self.code,), self.values


def phrases(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The code and values of each text that is a phrase, for JSON."""
    return {
        str(text): {"code": text.code, "values": text.values}
        for text in texts
        if isinstance(text, Phrase)
    }
