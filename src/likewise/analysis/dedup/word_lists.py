"""The words that decide whether two wordings say the same; see `word_lists.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_SUFFIX = re.compile(r"(?:ing|ed|es|e|s|d)$")


@dataclass(frozen=True)
class WordLists:
    """Lists of lower-case words.

    Attributes:
        polite: phrases at the start or the end of a text that do not change what it says.
        fillers: words that do not change it anywhere.
        droppable: words of which one may be missing.
        function_words: words that say little themselves.
        weak_words: function words that a slip may exchange.
        short_words: words of two and three letters.
        never_last: words that end no sentence.
        relations: words that say which of the words beside them is which.
        negations: words that deny.
        dates: words of dates and times.
        units: the unit of each word of a unit.
        numbers: digits of each number word.
        digits: digits of each Chinese numeral.
        contractions: the words of each short form.
        questions: what a question word asks for.
        opposites: pairs of stems of opposite meaning, in both orders.
        names: words that are names.
    """

    polite: tuple[str, ...]
    fillers: frozenset[str]
    droppable: frozenset[str]
    function_words: frozenset[str]
    weak_words: frozenset[str]
    short_words: frozenset[str]
    never_last: frozenset[str]
    relations: frozenset[str]
    negations: frozenset[str]
    dates: frozenset[str]
    units: Mapping[str, str]
    numbers: Mapping[str, str]
    digits: Mapping[str, str]
    contractions: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, str]
    opposites: frozenset[tuple[str, str]]
    names: frozenset[str]

    def listed(self, word: str) -> bool:
        """Whether a word is in any list, so that it is no slip of another one."""
        return (
            word in self.function_words
            or word in self.negations
            or word in self.dates
            or word in self.units
            or word in self.questions
            or word in self.names
            or word in self.fillers
        )

    def opposite(self, a: str, b: str) -> bool:
        """Whether two words, in any inflection, have opposite meanings."""
        if (a, b) in self.opposites or (stem(a), stem(b)) in self.opposites:
            return True
        short, long = sorted((a, b), key=len)
        return len(short) >= 4 and long in (f"un{short}", f"dis{short}", f"non{short}")


@cache
def word_lists() -> WordLists:
    """The lists, read once."""
    folder = files("likewise.analysis.dedup")
    lists: dict[str, Any] = tomllib.loads((folder / "word_lists.toml").read_text("utf-8"))
    pairs = [line.split() for line in _lines((folder / "opposites.txt").read_text("utf-8"))]
    stems = [(stem(a), stem(b)) for a, b in pairs] + [(a, b) for a, b in pairs]
    names = " ".join(_lines((folder / "names.txt").read_text("utf-8")))
    return WordLists(
        polite=tuple(lists["polite"]),
        fillers=frozenset(lists["fillers"]),
        droppable=frozenset(lists["droppable"]),
        function_words=frozenset(lists["function_words"]),
        weak_words=frozenset(lists["weak_words"]),
        short_words=frozenset(lists["short_words"].split()),
        never_last=frozenset(lists["never_last"]),
        relations=frozenset(lists["relations"]),
        negations=frozenset(lists["negations"]),
        dates=frozenset(lists["dates"]),
        units={word: unit[0] for unit in lists["units"] for word in unit},
        numbers=lists["numbers"],
        digits=lists["digits"],
        contractions={k: tuple(v.split()) for k, v in lists["contractions"].items()},
        questions={word: kind for kind, words in lists["questions"].items() for word in words},
        opposites=frozenset([*stems, *((b, a) for a, b in stems)]),
        names=frozenset(names.split()),
    )


def stem(word: str) -> str:
    """A word without the ending of a plural or a verb; a rough one, for lists alone."""
    if len(word) <= 4:
        return word
    short = _SUFFIX.sub("", word)
    if len(short) > 3 and short[-1] == short[-2] and short[-1] not in "ls":
        return short[:-1]  # stopped, stop
    return short


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
