"""The words of texts in any mixture of languages, for naming topics.

Languages with spaces give words and pairs of neighboring words. Chinese gives pieces of two to
four characters: no dictionary is needed, since a piece that is not a word is rarely what sets a
topic apart, and `topics` lets longer pieces take the place of the shorter ones inside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from likewise.data.stop_words import stop_words

LONGEST = 4
"""Characters in a piece of Chinese, at most."""

_WORD = re.compile(
    r"(?P<han>[㐀-䶿一-鿿豈-﫿]+)"
    r"|(?P<kana>[ァ-ヺー]{2,})"
    r"|[぀-ゟ]+"  # hiragana is mostly grammar
    r"|(?P<word>[^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+(?:[.'’\-][^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+)*[+#]*)"
)


def word_terms(text: str) -> Iterator[str]:
    """Words, pairs of neighboring words and pieces of Chinese in a text, in lower case."""
    before, ended = "", -1
    for match in _WORD.finditer(text.lower().replace("’", "'")):
        if han := match.group("han"):
            yield from _pieces(han)
        elif kana := match.group("kana"):
            yield kana
        elif word := (match.group("word") or "").removesuffix("'s"):
            if not _says_something(word):
                before = ""
                continue
            yield word
            if before and text[ended : match.start()].isspace():
                yield f"{before} {word}"
            before, ended = word, match.end()


def _says_something(word: str) -> bool:
    numeric = word.replace(".", "").replace("-", "").isdigit()
    return not numeric and word not in stop_words("en") and (len(word) > 1 or not word.isascii())


def _pieces(run: str) -> Iterator[str]:
    for part in _chinese_stop().split(run):
        for size in range(2, LONGEST + 1):
            for start in range(len(part) - size + 1):
                yield part[start : start + size]


@cache
def _chinese_stop() -> re.Pattern[str]:
    """Where a run of Chinese is parted, the longest stop word first."""
    return re.compile("|".join(sorted(stop_words("zh"), key=len, reverse=True)))
