"""Words of a query that a collection does not have, and the words that were probably meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from likewise.collections import lance_query
from likewise.collections.lance_query import Question

if TYPE_CHECKING:
    from lancedb.table import Table

FOUND = 100
"""Chunks with similar words that are read, and with each of them that are counted."""

COMPARED = 8
"""Similar words whose chunks are counted."""

LONGEST_WORD = 30
"""Longer words are not corrected; the store refuses fuzzy queries that are too long."""

_WORD = re.compile(r"[^\W\d_]+")
_CHINESE_OR_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def words_of(text: str) -> list[str]:
    """The words of a text, each once, in their order and lower case."""
    return list(dict.fromkeys(match.casefold() for match in _WORD.findall(text)))


def corrections(table: Table, query: str) -> dict[str, str]:
    """Words of a query that occur nowhere in a collection, each with a similar one that does.

    A word of four letters or more may differ in one letter (missing, added, another one, or two
    exchanged), one of eight or more in two; its first letter has to be right. A word of Chinese
    or Japanese that stands alone and has three or four characters may differ in one.

    Args:
        table: the collection's, with its word indexes.
        query: any text.
    """
    words = [word for word in words_of(query) if _edits(word) and len(word) <= LONGEST_WORD]
    unknown = [word for word, count in _counts(table, words, 1).items() if not count]
    similar = lance_query.answers(table, [_fuzzy(word) for word in unknown])
    best = {}
    for word, rows in zip(unknown, similar, strict=True):
        columns = (rows[name].to_pylist() for name in lance_query.WORD_COLUMNS)
        near = _nearest(word, (text for column in columns for text in column if text))
        counts = _counts(table, near[:COMPARED], FOUND)
        if there := [other for other in near if counts.get(other)]:
            best[word] = max(there, key=counts.__getitem__)
    return best


def _counts(table: Table, words: Sequence[str], limit: int) -> dict[str, int]:
    """In how many chunks words occur, at most `limit`."""
    asked = [Question(["_score"], limit, words=word, every_word=True) for word in words]
    return dict(zip(words, map(len, lance_query.answers(table, asked)), strict=True))


def corrected(query: str, replaced: Mapping[str, str]) -> str:
    """A query with its words replaced."""
    return _WORD.sub(lambda match: replaced.get(match[0].casefold(), match[0]), query)


def _fuzzy(word: str) -> Question:
    """A question for chunks with similar words.

    The index has stems, so the beginnings of the word are looked for as well. It counts two
    exchanged letters as two edits, so these are looked for by themselves.
    """
    forms = [word]
    if not _CHINESE_OR_JAPANESE.search(word):
        forms += [word[:end] for end in range(len(word) - 1, max(len(word) - 6, 3), -1)]
        if _edits(word) == 1:
            pairs = range(1, len(word) - 1)
            forms += [word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in pairs]
    columns = [*lance_query.WORD_COLUMNS, "_score"]
    return Question(columns, FOUND, words=" ".join(forms), fuzziness=_edits(word))


def _edits(word: str) -> int:
    """How many letters of a word may be wrong."""
    if _CHINESE_OR_JAPANESE.search(word):
        return 1 if 3 <= len(word) <= 4 else 0
    return 2 if len(word) >= 8 else 1 if len(word) >= 4 else 0


def _nearest(word: str, texts: Iterable[str]) -> list[str]:
    """The most similar words of texts, all equally similar, the more frequent first."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_candidates(word, text))
    plain = _plain(word)
    distances = {other: edit_distance(plain, _plain(other)) for other in counts}
    least = min([*distances.values(), _edits(word)])
    return [other for other, _ in counts.most_common() if distances[other] == least]


def _candidates(word: str, text: str) -> Iterable[str]:
    if not _CHINESE_OR_JAPANESE.search(word):
        return (
            other
            for other in words_of(text)
            if other[0] == word[0] and abs(len(other) - len(word)) <= 2
        )
    size = len(word)  # no spaces separate words: every part of this length
    return (text[n : n + size] for n in range(len(text) - size + 1))


def _plain(word: str) -> str:
    """A word without accents, as the index has it."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Letters missing, added, replaced, or exchanged with the next (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and theirs == one[i - 2]:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]
