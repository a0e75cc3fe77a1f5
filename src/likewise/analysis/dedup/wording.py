"""The wording of a text: its words without case, punctuation, short forms and polite phrases."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property

from likewise.analysis.dedup.word_lists import word_lists

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"[{_CJK}]"  # one character each
    r"|\d+(?:st|nd|rd|th)\b"
    r"|\d+(?:[.,:/]\d+)*"
    rf"|(?:(?![{_CJK}])[^\W\d_])+(?:['’](?:(?![{_CJK}])[^\W\d_])+)*(?:\+\+|#(?!\w))?"
    r"|[%$€£¥]",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_CHOICE = re.compile(rf"([{_CJK}])[不没]\1")
"""A Chinese question of the form "can, cannot"."""
_SENTENCE_END = '.!?:;。！？：；\n(["“'
_TITLE = 0.6
"""Share of capitalized words from which capitals mark a title, not names."""
_ENDINGS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_IS = frozenset(
    ["what", "how", "where", "who", "when", "that", "it", "he", "she", "there", "here", "why"]
)


@dataclass(frozen=True)
class Wording:
    """The words of a text.

    Attributes:
        words: in lower case, numbers in digits, short forms in full.
        capitals: positions of words that are written as names.
    """

    words: tuple[str, ...]
    capitals: frozenset[int]

    @cached_property
    def letters(self) -> str:
        """The words without spaces."""
        return "".join(self.words)

    @cached_property
    def plain(self) -> Wording:
        """The same without polite phrases at the start and the end."""
        start, end = _polite_ends(self.words)
        if end - start == len(self.words):
            return self
        return Wording(
            self.words[start:end],
            frozenset(i - start for i in self.capitals if start <= i < end),
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in digits, sorted."""
        return tuple(sorted(word for word in self.words if word[0].isdigit()))


def wording(text: str) -> Wording:
    """The wording of a text."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    text = _CHOICE.sub(r"\1", _THOUSANDS.sub("", text))
    words: list[str] = []
    capitals: list[bool] = []
    inside = _inside(text)
    for match in _TOKEN.finditer(text):
        token = match.group()
        parts = _expanded(token.casefold())
        if parts == ["am"] and words and words[-1][-1].isdigit():
            parts = ["a.m"]
        words += parts
        capitals += [inside and _is_capital(text, match)] * len(parts)
    words, capitals = _with_digits(words, capitals)
    if words[-2:] in (["or", "not"], ["or", "no"]):
        del words[-2:], capitals[-2:]
    return Wording(tuple(words), frozenset(i for i, capital in enumerate(capitals) if capital))


def _inside(text: str) -> bool:
    """Whether capitals inside a sentence mark names; not in a title, or in capitals alone."""
    if text == text.lower():
        return False
    later = text.split()[1:]
    words = [word for word in later if len(word) > 3 and word[0].isalpha()]
    return sum(word[0].isupper() for word in words) <= _TITLE * len(words)


def _is_capital(text: str, match: re.Match[str]) -> bool:
    token = match.group()
    if not any(letter.isupper() for letter in token) or token in ("I", "A") or "'" in token:
        return False
    if any(letter.isupper() for letter in token[1:]):
        return True
    before = text[: match.start()].rstrip(" ")
    return bool(before) and before[-1] not in _SENTENCE_END


@cache
def _contractions() -> dict[str, list[str]]:
    return {short: list(words) for short, words in word_lists().contractions.items()}


def _expanded(token: str) -> list[str]:
    """The words that a short form stands for."""
    if (known := _contractions().get(token)) is not None:
        return known
    if "'" not in token:
        return [token]
    if token.endswith("'t"):  # a misspelled one: csn't
        return [token[:-2], "not"]
    head, _, ending = token.rpartition("'")
    if ending in _ENDINGS:
        return [head, _ENDINGS[ending]]
    if ending == "s" and head in _IS:
        return [head, "is"]
    return [head.replace("'", ""), ending]


def _with_digits(words: list[str], capitals: list[bool]) -> tuple[list[str], list[bool]]:
    """Number words as digits: `twenty five` becomes `25`."""
    numbers = word_lists().numbers
    made: list[str] = []
    flags: list[bool] = []
    run: list[int] = []

    def close() -> None:
        for value in _composed(run):
            made.append(str(value))
            flags.append(False)
        run.clear()

    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        digits = numbers.get(word, "")
        if digits.isdigit() or (word.isdecimal() and after in ("hundred", "thousand", "million")):
            run.append(int(digits or word))
            continue
        close()
        made.append(digits or word)
        flags.append(capitals[at])
    close()
    return made, flags


def _composed(values: list[int]) -> list[int]:
    """The numbers that a run of number words says."""
    found: list[int] = []
    total = current = 0
    started = False
    for value in values:
        if value == 100 and started:
            current = max(current, 1) * 100
        elif value >= 1000 and started:
            total, current = total + max(current, 1) * value, 0
        elif not started or _continues(current, value):
            current += value
        elif total and not current:
            current = value
        else:
            found.append(total + current)
            total, current = 0, value
        started = True
    return [*found, total + current] if started else found


def _continues(current: int, value: int) -> bool:
    """Whether a number goes on with a smaller one: twenty five, two hundred ten."""
    if current and not current % 100:
        return value < 100
    return current % 100 >= 20 and not current % 10 and value < 10


@cache
def _phrases() -> dict[str, list[list[str]]]:
    """The polite phrases as words, longest first, by their first word; "" holds all."""
    phrases: dict[str, list[list[str]]] = defaultdict(list)
    for text in word_lists().polite:
        words = [w for m in _TOKEN.finditer(text) for w in _expanded(m.group().casefold())]
        phrases[words[0]].append(words)
        phrases["$" + words[-1]].append(words)
    for found in phrases.values():
        found.sort(key=len, reverse=True)
    return dict(phrases)


def _polite_ends(words: tuple[str, ...]) -> tuple[int, int]:
    """Where the text starts and ends without polite phrases; two words stay at least."""
    phrases = _phrases()
    start, end = 0, len(words)
    changed = True
    while changed:
        changed = False
        if start < end:
            for phrase in phrases.get(words[start], ()):
                after = start + len(phrase)
                if after + 2 <= end and list(words[start:after]) == phrase:
                    start, changed = after, True
                    break
        if start < end:
            for phrase in phrases.get("$" + words[end - 1], ()):
                before = end - len(phrase)
                if start + 2 <= before and list(words[before:end]) == phrase:
                    end, changed = before, True
                    break
    return start, end
