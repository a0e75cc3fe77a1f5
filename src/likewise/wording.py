"""Numbers and articles in messages."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun in singular or plural, such as `1 text` or `1,234 texts`.

    Args:
        count: how many.
        noun: what is counted, in the singular.
        plural: if it is not the noun with an s.
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def with_article(word: str) -> str:
    """A word after its indefinite article, such as `an int` or `a dict`."""
    return f"{'an' if word[:1].lower() in tuple('aeiou') else 'a'} {word}"
