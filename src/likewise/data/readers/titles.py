"""The path of headings of a section, as one title."""

from __future__ import annotations

from dataclasses import dataclass, field

SEPARATOR = " > "
MAX_LENGTH = 100
"""Most characters of a title; in longer ones, headings in the middle are left out."""


@dataclass
class Headings:
    """The headings above the current position in a document.

    Attributes:
        root: title of the document, or name of its file.
    """

    root: str = ""
    _above: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, heading: str) -> None:
        """Add a heading of a level, from 1, and remove those of the same and of lower levels."""
        self._above = [(other, text) for other, text in self._above if other < level]
        self._above.append((level, heading))

    @property
    def title(self) -> str:
        """The title of the document and the path of headings."""
        parts = [text for _, text in self._above if text]
        if self.root and not (parts and (parts[0] in self.root or self.root in parts[0])):
            parts.insert(0, self.root)
        elif parts and len(self.root) > len(parts[0]):
            parts[0] = self.root
        while len(parts) > 2 and len(SEPARATOR.join(parts)) > MAX_LENGTH:
            del parts[1]
        if len(parts) > 1 and len(SEPARATOR.join(parts)) > MAX_LENGTH:
            del parts[0]
        return SEPARATOR.join(parts)
