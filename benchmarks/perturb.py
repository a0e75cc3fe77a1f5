"""Near-duplicates made by hand of chance: what people and programs do to a text they copy."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEXT_TO = {key: row[i - 1 : i] + row[i + 1 : i + 2] for row in KEYS for i, key in enumerate(row)}
FILLERS = ("really", "just", "actually", "also", "still", "now")
SMALL_WORDS = ("the", "a", "an", "is", "are", "of", "to", "in", "and", "that")


def typo(text: str, chance: random.Random) -> str:
    """A letter hit beside its key, doubled, left out, or swapped with the next one."""
    places = [i for i, letter in enumerate(text[:-1]) if letter.isalpha() and text[i + 1].isalpha()]
    if not places:
        return text + "."
    at = chance.choice(places)
    letter, after = text[at], text[at + 1]
    beside = [key + after for key in NEXT_TO.get(letter.lower(), "")]
    slips = {after, after + letter, letter * 2 + after, *beside} - {letter + after}
    return text[:at] + chance.choice(sorted(slips)) + text[at + 2 :]


def case(text: str, chance: random.Random) -> str:
    """Other capitals, and a mark at the end, so that it is no exact copy."""
    changed = chance.choice((str.upper, str.lower, str.title))(text)
    return punctuation(changed, chance)


def punctuation(text: str, chance: random.Random) -> str:
    """A mark at the end comes or goes, or a comma in between."""
    if text[-1:] in ".!?" and chance.random() < 0.5:
        return text[:-1].rstrip()
    words = text.split()
    if len(words) > 4 and chance.random() < 0.5:
        at = chance.randrange(1, len(words) - 1)
        words[at] = words[at].rstrip(",") if words[at].endswith(",") else words[at] + ","
        return " ".join(words)
    return text + chance.choice(("!", " .", "...", "?"))


def order(text: str, chance: random.Random) -> str:
    """Two neighbouring words change places."""
    words = text.split()
    if len(words) < 4:
        return punctuation(text, chance)
    at = chance.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def edit(text: str, chance: random.Random) -> str:
    """A small word goes, or a filler comes."""
    words = text.split()
    small = [i for i, word in enumerate(words) if word.lower() in SMALL_WORDS]
    if small and chance.random() < 0.5:
        del words[chance.choice(small)]
    else:
        words.insert(chance.randrange(len(words) + 1), chance.choice(FILLERS))
    return " ".join(words)


PERTURBATIONS: Mapping[str, Callable[[str, random.Random], str]] = MappingProxyType(
    {"typo": typo, "case": case, "punctuation": punctuation, "order": order, "edit": edit}
)
"""By name; each takes a text and gives another one that says the same."""
