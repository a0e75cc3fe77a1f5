"""What several results have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

Notes = Annotated[
    list[str], Field(description="What to know about the result, such as texts that were cut.")
]


class Noted(TypedDict):
    """A result with notes."""

    notes: Notes


class SkippedResult(TypedDict):
    """A row of a file that could not be read."""

    source: str
    line: int
    reason: str
    hint: str
