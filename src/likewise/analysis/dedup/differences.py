"""What two texts with similar vectors disagree on: a number, a date, a unit, a negation, a name.

A model gives "10 minutes" and "10 seconds" nearly the same vector. Texts that differ in such a
word are no duplicates, however similar their vectors are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from likewise.analysis.dedup.alignment import Alignment, Gap
from likewise.analysis.dedup.spelling import Vocabulary
from likewise.analysis.dedup.word_lists import word_lists
from likewise.analysis.dedup.wording import Wording

DifferenceKind = Literal[
    "number", "date", "unit", "negation", "name", "opposite", "question", "order"
]


_COMMON = 0.5
"""Share of common words from which a single word decides; else a text says it in other words."""


@dataclass(frozen=True)
class Difference:
    """What one text says and the other does not.

    Attributes:
        kind: `number`, `date`, `unit`, `negation`, `name`, `opposite` (enable, disable),
            `question` (when, where) or `order` (from A to B, from B to A).
        left: the words of the first text; empty where it has none.
        right: the words of the second text.
    """

    kind: DifferenceKind
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.left or '–'} / {self.right or '–'}"


def differences(
    left: Wording, right: Wording, alignment: Alignment, vocabulary: Vocabulary
) -> tuple[Difference, ...]:
    """What two aligned wordings disagree on; empty where nothing is known to differ.

    A text that ends inside a word was cut off, so that what it lacks at the end is no difference.
    """
    if alignment.cut and len(alignment.gaps) <= 1:
        return ()
    a = [left.words[i] for gap in alignment.gaps for i in gap.left]
    b = [right.words[j] for gap in alignment.gaps for j in gap.right]
    found = [*_numbers(left, right, a, b), *_units(a, b)]
    for gap in alignment.gaps:
        found += _names(left, right, gap, vocabulary)
    common = len(alignment.same) + len(alignment.moves) + alignment.misspelled
    if common < _COMMON * max(len(left.words), len(right.words)):
        return tuple(difference for difference in found if difference.left and difference.right)
    opposites = list(_opposites(a, b))
    negations = list(_negations(a, b))
    if not (opposites and negations):  # "not correct" says the same as "incorrect"
        found += opposites + negations
    return (*found, *_questions(a, b), *_order(left, alignment))


def _numbers(left: Wording, right: Wording, a: list[str], b: list[str]) -> Iterator[Difference]:
    """Numbers, and words of dates; a number in a text with such words is part of a date."""
    digits = word_lists().digits
    numbers = [[digits.get(w, w) for w in words if w in digits or w[0].isdigit()]
               for words in (a, b)]  # fmt: skip
    dates = [[word for word in words if word in word_lists().dates] for words in (a, b)]
    if (pair := _apart(*numbers)) is not None:
        dated = all(set(text.words) & word_lists().dates for text in (left, right))
        yield Difference("date" if dated else "number", *pair)
    if _apart(*([word[:3] for word in words] for words in dates)) is not None:  # mon, monday
        yield Difference("date", " ".join(dates[0]), " ".join(dates[1]))


def _units(a: list[str], b: list[str]) -> Iterator[Difference]:
    units = word_lists().units
    one, other = ([word for word in words if word in units] for words in (a, b))
    if one and other and {units[word] for word in one} != {units[word] for word in other}:
        yield Difference("unit", " ".join(one), " ".join(other))


def _negations(a: list[str], b: list[str]) -> Iterator[Difference]:
    negations = word_lists().negations
    one, other = ([word for word in words if word in negations] for words in (a, b))
    if len(one) % 2 != len(other) % 2:
        yield Difference("negation", " ".join(one), " ".join(other))


def _questions(a: list[str], b: list[str]) -> Iterator[Difference]:
    questions = word_lists().questions
    one, other = ([word for word in words if word in questions] for words in (a, b))
    kinds = [{questions[word] for word in words} for words in (one, other)]
    if one and other and not kinds[0] & kinds[1]:
        yield Difference("question", " ".join(one), " ".join(other))


def _names(left: Wording, right: Wording, gap: Gap, vocabulary: Vocabulary) -> Iterator[Difference]:
    one = [i for i in gap.left if _is_name(left, i)]
    other = [j for j in gap.right if _is_name(right, j)]
    a, b = [left.words[i] for i in one], [right.words[j] for j in other]
    if not a or not b:  # a capital alone does not make a word a name
        a = [word for word in a if _is_sure_name(word, vocabulary)]
        b = [word for word in b if _is_sure_name(word, vocabulary)]
    if not a and not b:
        a = [word for i in gap.left if vocabulary.is_foreign(word := left.words[i])]
        b = [word for j in gap.right if vocabulary.is_foreign(word := right.words[j])]
        if not a or not b:
            return
    if (pair := _apart(a, b)) is not None:
        yield Difference("name", *pair)


def _is_name(text: Wording, position: int) -> bool:
    word, lists = text.words[position], word_lists()
    if word in lists.names:
        return True
    return position in text.capitals and not (
        word in lists.function_words or word in lists.questions or word in lists.dates
    )


def _is_sure_name(word: str, vocabulary: Vocabulary) -> bool:
    return word in word_lists().names or not vocabulary.exists(word)


def _opposites(a: list[str], b: list[str]) -> Iterator[Difference]:
    opposite = word_lists().opposite
    for one in a:
        for other in b:
            if opposite(one, other):
                yield Difference("opposite", one, other)


def _order(left: Wording, alignment: Alignment) -> Iterator[Difference]:
    """Two words that change places around one that says which is which."""
    lists = word_lists()
    moves = [move for move in alignment.moves if left.words[move.left] not in lists.function_words]
    pivots = [move for move in alignment.same if left.words[move.left] in lists.relations]
    for first in moves:
        for second in moves:
            if any(
                first.left < pivot.left < second.left and second.right < pivot.right < first.right
                for pivot in pivots
            ):
                words = left.words[first.left], left.words[second.left]
                yield Difference("order", " … ".join(words), " … ".join(reversed(words)))
                return


def _apart(one: Iterable[str], other: Iterable[str]) -> tuple[str, str] | None:
    """The words that only one of two lists has; None where there are none."""
    a, b = Counter(one), Counter(other)
    left, right = a - b, b - a
    if not left and not right:
        return None
    return " ".join(left.elements()), " ".join(right.elements())
