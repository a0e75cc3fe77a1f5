"""Stop words: words that say nothing of what a text is about."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def stop_words(language: str) -> frozenset[str]:
    """A list of stop words: `en`, `zh`, or `discourse`, more English words that name no topic."""
    file = Path(__file__).parent / "stopwords" / f"{language}.txt"
    return frozenset(file.read_text("utf-8").split())
