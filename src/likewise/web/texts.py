"""The texts of a visitor: typed, or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.web.uploads import read_upload

MAX_LITERAL_TEXTS = 40
"""In recipes, more texts than this are replaced by the name of a file."""


@dataclass(frozen=True)
class Texts:
    """Typed texts, or a file of texts.

    Attributes:
        texts: the typed texts.
        file: name of the file; empty for typed texts.
        column: text column of the file, if it was chosen.
        path: path of the file; its texts are not in memory.
        encoding: of the file, if it was chosen.
    """

    texts: tuple[str, ...]
    file: str = ""
    column: str = ""
    path: str = ""
    encoding: str = ""

    def stream(self) -> Iterator[str]:
        """Iterate over the texts.

        Raises:
            RecordError: the file cannot be read.
            InputError: an unknown column or encoding.
        """
        if not self.path:
            return iter(self.texts)
        records = read_upload(self.path, self.column or None, self.encoding or None)
        return (record.text for record in records)

    def fields(self, given: str) -> dict[str, Any]:
        """The texts as fields of a request.

        Args:
            given: the field of typed texts.
        """
        if not self.path:
            return {given: self.texts}
        return {
            "file": Path(self.path),
            "column": self.column or None,
            "encoding": self.encoding or None,
        }

    def named(self, given: str) -> dict[str, Any]:
        """The same for recipes: a file by its name, also for many typed texts."""
        if self.path:
            return self.fields(given) | {"file": Path(self.file)}
        if len(self.texts) > MAX_LITERAL_TEXTS:
            return {given: (), "file": Path("texts.txt")}
        return self.fields(given)
