"""Random near-duplicates: small edits that people and programs make to copied text."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ADJACENT_KEYS = {
    key: row[i - 1 : i] + row[i + 1 : i + 2] for row in KEYS for i, key in enumerate(row)
}
FILLERS = ("really", "just", "actually", "also", "still", "now")
FUNCTION_WORDS = ("the", "a", "an", "is", "are", "of", "to", "in", "and", "that")


def typo(text: str, rng: random.Random) -> str:
    """Replace a letter by a neighboring key, double it, drop it, or swap it with the next."""
    positions = [
        i for i, letter in enumerate(text[:-1]) if letter.isalpha() and text[i + 1].isalpha()
    ]
    if not positions:
        return text + "."
    at = rng.choice(positions)
    letter, after = text[at], text[at + 1]
    beside = [key + after for key in ADJACENT_KEYS.get(letter.lower(), "")]
    slips = {after, after + letter, letter * 2 + after, *beside} - {letter + after}
    return text[:at] + rng.choice(sorted(slips)) + text[at + 2 :]


def case(text: str, rng: random.Random) -> str:
    """Change the case, and the punctuation too, so that it is not an exact duplicate."""
    changed = rng.choice((str.upper, str.lower, str.title))(text)
    return punctuation(changed, rng)


def punctuation(text: str, rng: random.Random) -> str:
    """Add or remove final punctuation or a comma."""
    if text[-1:] in ".!?" and rng.random() < 0.5:
        return text[:-1].rstrip()
    words = text.split()
    if len(words) > 4 and rng.random() < 0.5:
        at = rng.randrange(1, len(words) - 1)
        words[at] = words[at].rstrip(",") if words[at].endswith(",") else words[at] + ","
        return " ".join(words)
    return text + rng.choice(("!", " .", "...", "?"))


def order(text: str, rng: random.Random) -> str:
    """Swap two adjacent words."""
    words = text.split()
    if len(words) < 4:
        return punctuation(text, rng)
    at = rng.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def edit(text: str, rng: random.Random) -> str:
    """Remove a function word or insert a filler."""
    words = text.split()
    small = [i for i, word in enumerate(words) if word.lower() in FUNCTION_WORDS]
    if small and rng.random() < 0.5:
        del words[rng.choice(small)]
    else:
        words.insert(rng.randrange(len(words) + 1), rng.choice(FILLERS))
    return " ".join(words)


PERTURBATIONS: Mapping[str, Callable[[str, random.Random], str]] = MappingProxyType(
    {"typo": typo, "case": case, "punctuation": punctuation, "order": order, "edit": edit}
)
"""By name; each returns a text with the same meaning."""
