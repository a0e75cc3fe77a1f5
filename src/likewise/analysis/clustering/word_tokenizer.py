"""The words of texts in any mixture of languages, for naming topics.

Languages with spaces give words, and pairs of words with nothing between them but an article or a
possessive; a verb's particle makes a pair with it. Chinese gives pieces of two to four characters:
no dictionary is needed, since a piece that is not a word is rarely what sets a topic apart, and
`topic_labels` lets longer pieces take the place of the shorter ones inside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from likewise.data.stop_words import stop_words

STOPWORDS = ("en", "discourse")
"""Lists of words that say nothing of what a text is about."""

LONGEST = 4
"""Characters in a piece of Chinese, at most."""

_LINKS = frozenset(("a", "an", "the", "my", "your", "our", "his", "her", "their", "its"))
"""Words that a pair skips: `cancel my card` gives `cancel card`."""

_PARTICLES = frozenset(("up", "off", "out", "down"))
"""Words that make a pair with the one before: `top up`, `turn off`."""

_WORD = re.compile(
    r"(?P<han>[㐀-䶿一-鿿豈-﫿]+)"
    r"|(?P<kana>[ァ-ヺー]{2,})"
    r"|[぀-ゟ]+"  # hiragana is mostly grammar
    r"|(?P<word>[^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+(?:[.'’\-][^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+)*[+#]*)"
)


def word_terms(text: str) -> Iterator[str]:
    """Words, pairs of neighboring words and pieces of Chinese in a text, in lower case."""
    text = text.lower().replace("’", "'")
    before, ended = "", -1
    for match in _WORD.finditer(text):
        if han := match.group("han"):
            yield from _pieces(han)
        elif kana := match.group("kana"):
            yield kana
        elif word := (match.group("word") or "").removesuffix("'s"):
            adjacent = text[ended : match.start()].isspace()
            if word in _LINKS and adjacent:
                ended = match.end()
                continue
            if not _says_something(word):
                if before and adjacent and word in _PARTICLES:
                    yield f"{before} {word}"
                before = ""
                continue
            yield word
            if before and before != word and adjacent:
                yield f"{before} {word}"
            before, ended = word, match.end()


def _says_something(word: str) -> bool:
    if word.replace(".", "").replace("-", "").isdigit() or (len(word) == 1 and word.isascii()):
        return False
    return not {word, word.replace("'", "")} & _silent()


def _pieces(run: str) -> Iterator[str]:
    for part in _chinese_stop().split(run):
        for size in range(2, LONGEST + 1):
            for start in range(len(part) - size + 1):
                yield part[start : start + size]


@cache
def _silent() -> frozenset[str]:
    return frozenset().union(*map(stop_words, STOPWORDS))


@cache
def _chinese_stop() -> re.Pattern[str]:
    """Where a run of Chinese is parted, the longest stop word first."""
    return re.compile("|".join(sorted(stop_words("zh"), key=len, reverse=True)))
