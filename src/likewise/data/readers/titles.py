"""Where a section stands in its document: the headings above it, as one title."""

from __future__ import annotations

from dataclasses import dataclass, field

BETWEEN = " > "
LONGEST = 100
"""Characters of a title from which headings in its middle are left out."""


@dataclass
class Headings:
    """The headings above the place that has been reached.

    Attributes:
        root: the document's own title, or its file's name.
    """

    root: str = ""
    _above: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, heading: str) -> None:
        """Come to a heading of a level, 1 being the highest."""
        self._above = [(own, text) for own, text in self._above if own < level]
        self._above.append((level, heading))

    @property
    def title(self) -> str:
        """The document's title and the headings down to this place."""
        parts = [text for _, text in self._above if text]
        if self.root and not (parts and (parts[0] in self.root or self.root in parts[0])):
            parts.insert(0, self.root)
        elif parts and len(self.root) > len(parts[0]):
            parts[0] = self.root
        while len(parts) > 2 and len(BETWEEN.join(parts)) > LONGEST:
            del parts[1]
        if len(parts) > 1 and len(BETWEEN.join(parts)) > LONGEST:
            del parts[0]
        return BETWEEN.join(parts)
