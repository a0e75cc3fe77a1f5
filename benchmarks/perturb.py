"""Random near-duplicates: small edits that people and programs make to copied text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ADJACENT_KEYS = {
    key: row[i - 1 : i] + row[i + 1 : i + 2] for row in KEYS for i, key in enumerate(row)
}
FILLERS = ("really", "just", "actually", "also", "still", "now")
FUNCTION_WORDS = ("the", "a", "an", "is", "are", "of", "to", "in", "and", "that")
POLITE_STARTS = (
    "Please, ", "Hi, ", "Hello, ", "Excuse me, ", "Could you please tell me: ", "Can you tell me: ",
    "I would like to know: ", "Quick question: ", "Hi there, ", "Good morning, ",
)  # fmt: skip
POLITE_ENDS = (" please", ", please", " Thanks!", " Thank you", ", thanks", " Thanks in advance")
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "answer": "reply", "ask": "request", "begin": "start", "best": "finest", "big": "large",
        "buy": "purchase", "car": "vehicle", "change": "modify", "check": "verify",
        "choose": "select", "create": "make", "error": "fault", "fast": "quick", "find": "locate",
        "fix": "repair", "get": "obtain", "help": "assist", "job": "task", "kid": "child",
        "make": "create", "man": "guy", "money": "cash", "movie": "film", "near": "close to",
        "need": "require", "phone": "telephone", "photo": "picture", "picture": "image",
        "playing": "performing", "problem": "issue", "purchase": "buy", "quickly": "fast",
        "remove": "delete", "running": "jogging", "send": "transmit", "show": "display",
        "small": "little", "stop": "halt", "trip": "journey", "use": "utilize", "want": "wish",
        "way": "method", "woman": "lady", "wrong": "incorrect",
    }
)  # fmt: skip
"""Words, and others that mean nearly the same."""


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


def two_typos(text: str, rng: random.Random) -> str:
    """Two typos, in different words where there are two."""
    words = text.split(" ")
    letters = [i for i, word in enumerate(words) if sum(map(str.isalpha, word)) > 1]
    if len(letters) < 2:
        return typo(typo(text, rng), rng)
    for at in rng.sample(letters, 2):
        words[at] = typo(words[at], rng)
    return " ".join(words)


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


def politeness(text: str, rng: random.Random) -> str:
    """Add a polite phrase at the start or at the end."""
    if rng.random() < 0.5:
        return rng.choice(POLITE_STARTS) + text
    return text.rstrip(" .") + rng.choice(POLITE_ENDS)


def whitespace(text: str, rng: random.Random) -> str:
    """Join two words, or split one, with or without spaces at the ends."""
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if long and (len(words) < 2 or rng.random() < 0.5):
        at = rng.choice(long)
        cut = rng.randrange(2, len(words[at]) - 1)
        words[at] = f"{words[at][:cut]} {words[at][cut:]}"
    elif len(words) > 1:
        at = rng.randrange(len(words) - 1)
        words[at : at + 2] = [words[at] + words[at + 1]]
    else:
        return text + " ."
    return rng.choice(("", " ")) + " ".join(words)


def truncation(text: str, rng: random.Random) -> str:
    """Cut off the last tenth to fifth of the letters, at any of them."""
    end = round(len(text) * rng.uniform(0.8, 0.9))
    cut = text[:end].rstrip()
    return cut if len(cut) > 1 and cut != text.rstrip(".!? ") else text + "..."


def synonym(text: str, rng: random.Random) -> str:
    """Replace a word by one that means nearly the same."""
    words = re.split(r"(\W+)", text)
    known = [i for i, word in enumerate(words) if word.lower() in SYNONYMS]
    if not known:
        return edit(text, rng)
    at = rng.choice(known)
    words[at] = SYNONYMS[words[at].lower()]
    return "".join(words)


PERTURBATIONS: Mapping[str, Callable[[str, random.Random], str]] = MappingProxyType(
    {
        "typo": typo, "two typos": two_typos, "case": case, "punctuation": punctuation,
        "whitespace": whitespace, "order": order, "small word": edit, "politeness": politeness,
        "truncation": truncation, "synonym": synonym,
    }
)  # fmt: skip
"""By name; each returns a text with the same meaning."""
