"""The sentences of a text: a boundary is punctuation, a list item, or the end of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from likewise.collections.contract import Span

WRAPPED = 45
"""A line of at least so many characters without a final stop continues on the next line."""

# what ends a sentence, with the quotes, brackets and footnote marks behind it
_CLOSING = r"""["'”’»)\]」』）]*(?:\[\d{1,3}\])*"""
_STOP = re.compile(rf"[.!?…]+{_CLOSING}(?=\s|$)|[。！？…｡]+{_CLOSING}|\n")

_LIST_ITEM = re.compile(r"\s*(?:[-*•·–▪‣◦+]|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)])\s")
_LIST_NUMBER = re.compile(r"\s*\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)]")
_ACRONYM = re.compile(r"[A-Z](?:\.[A-Z])*")
_LAST_WORD = re.compile(r"[\w.]+(?=\.+$)")

# abbreviations before a name, and before a number: no sentence ends between them
_BEFORE_NAME = (
    "mr mrs ms dr prof st mt ft gen col lt sgt capt cmdr adm rev hon pres gov sen rep messrs "
    "vs cf e.g i.e viz"
)
_BEFORE_NUMBER = (
    "fig figs eq eqs sec ch no nos vol vols p pp approx ca c art ref refs op "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
# abbreviations that may end a sentence, and do before a capital letter
_EITHER = "etc inc ltd corp co al jr sr a.m p.m ph.d b.c a.d bros dept est"

_NAMED = frozenset(_BEFORE_NAME.split())
_NUMBERED = frozenset(_BEFORE_NUMBER.split())
_SOMETIMES_LAST = frozenset(_EITHER.split())


def sentences(text: str) -> list[Span]:
    """The sentences of a text, without the spaces around them; scores are 0.

    Lines that are wrapped in the middle of a sentence are joined. Abbreviations, initials and the
    numbers of list items end no sentence.
    """
    found = []
    start = 0
    for end in (*_boundaries(text), len(text)):
        part = text[start:end]
        if any(character.isalnum() for character in part):
            left = start + len(part) - len(part.lstrip())
            found.append(Span(left, left + len(part.strip()), 0.0))
            start = end
        elif found and part.strip():  # marks alone belong to the sentence before them
            found[-1] = Span(found[-1].start, start + len(part.rstrip()), 0.0)
            start = end
    return found


def quotable(text: str) -> list[Span]:
    """The sentences of a text, where a heading, a question and "as follows:" include the next one.

    Alone they say nothing, yet they are often the nearest to a question.
    """
    joined: list[Span] = []
    pending: Span | None = None
    for span in sentences(text):
        start = pending.start if pending else span.start
        whole = Span(start, span.end, 0.0)
        if pending is None and _announces(text, span):
            pending = whole
        else:
            joined.append(whole)
            pending = None
    return [*joined, pending] if pending else joined


def _announces(text: str, span: Span) -> bool:
    sentence = text[span.start : span.end]
    if sentence[-1] in "?？:：":
        return True
    ends_line = text[span.end :].lstrip(" \t\r").startswith("\n")
    heading = len(sentence) < WRAPPED * 2 and sentence[-1].isalnum() and "\n" not in sentence
    return ends_line and heading and not _LIST_ITEM.match(sentence)


def _boundaries(text: str) -> Iterator[int]:
    """Where sentences end, in order."""
    start = 0
    for match in _STOP.finditer(text):
        if match.group() == "\n":
            ends = _line_ends(text, match.start())
        else:
            following = text[match.end() : match.end() + 20].lstrip()[:1]
            ends = not following.islower()
            if match.group()[0] == ".":
                ends = ends and _period_ends(text[start : match.start() + 1], following)
        if ends:
            start = match.end()
            yield start


def _line_ends(text: str, at: int) -> bool:
    """Whether a sentence ends with the line that ends here."""
    line = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    rest = text[at + 1 :]
    following = rest.lstrip(" \t\r")
    if not line or not following or following[0] == "\n" or _LIST_ITEM.match(rest):
        return True
    if following[0].islower():
        return False
    return len(line) < WRAPPED or line[-1] in ":。！？"


def _period_ends(sentence: str, following: str) -> bool:
    """Whether a period ends the sentence up to it, given the character that follows."""
    if _LIST_NUMBER.fullmatch(sentence):
        return False
    match = _LAST_WORD.search(sentence)
    word = match.group().rstrip(".") if match else ""
    if _ACRONYM.fullmatch(word) and word.lower() not in _SOMETIMES_LAST:  # an initial, or "U.S."
        return not following
    if word.lower() in _NUMBERED:
        return not following.isdigit()
    if word.lower() in _NAMED:
        return not (following.isupper() or following.isdigit())
    return word.lower() not in _SOMETIMES_LAST or following.isupper() or not following
