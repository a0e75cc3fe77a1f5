"""Texts that a visitor gave: typed, or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.web.uploads import read_upload

MOST_LINES = 40
"""More texts than these are named as a file instead of being written out."""


@dataclass(frozen=True)
class Texts:
    """Where texts came from.

    Attributes:
        texts: the texts.
        file: the name of the file they came from; empty where they were typed.
        column: the column of that file, where one was named.
        path: where that file lies; its texts are not in memory.
        encoding: of that file, where one was named.
    """

    texts: tuple[str, ...]
    file: str = ""
    column: str = ""
    path: str = ""
    encoding: str = ""

    def stream(self) -> Iterator[str]:
        """The texts, from the beginning.

        Raises:
            RecordError: the file cannot be read.
            InputError: there is no such column or encoding.
        """
        if not self.path:
            return iter(self.texts)
        records = read_upload(self.path, self.column or None, self.encoding or None)
        return (record.text for record in records)

    def fields(self, given: str) -> dict[str, Any]:
        """The texts as fields of a request.

        Args:
            given: the field for texts that were typed.
        """
        if not self.path:
            return {given: self.texts}
        return {
            "file": Path(self.path),
            "column": self.column or None,
            "encoding": self.encoding or None,
        }

    def named(self, given: str) -> dict[str, Any]:
        """The same for the reader's own machine: a file by its name, as are many typed texts."""
        if self.path:
            return self.fields(given) | {"file": Path(self.file)}
        if len(self.texts) > MOST_LINES:
            return {given: (), "file": Path("texts.txt")}
        return self.fields(given)
