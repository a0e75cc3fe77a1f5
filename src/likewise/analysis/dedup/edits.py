"""Texts that are edited copies: misspelled, reordered, politer, respaced or cut off."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from likewise.analysis.dedup.alignment import Alignment
from likewise.analysis.dedup.word_lists import word_lists
from likewise.analysis.dedup.wording import Wording

_MISSPELLED = 0.34
"""Share of the words that may be misspelled; two may be in any text of three words."""
_FILLERS = 2
"""Fillers that may be added or left out."""
_COVERED = 0.8
"""Share of the letters that a text that was cut off between two words has left."""
_COVERED_INSIDE = 0.7
"""The same where it was cut off inside a word, or after a word that ends no sentence."""
_COVERED_DOUBTFUL = 0.65
"""The same where the vectors have to agree."""
_DOUBTFUL = 0.8
"""Cosine similarity of a copy that may be another text."""
_DROPPED_FROM = 4
"""Words of a text of which a small one may be missing."""
_LEAST_WORDS = 3
"""Words that it has at least."""


def edited_from(left: Wording, right: Wording, alignment: Alignment) -> float | None:
    """The least cosine similarity at which one text is an edited copy of the other.

    Numbers and names are not looked at.

    Returns:
        0 where the words leave no doubt; `_DOUBTFUL` where the vectors have to agree, since a slip
        made another word (list, lit), or much was cut off; None where it is no edited copy.
    """
    shortest = min(len(left.words), len(right.words))
    if not shortest:
        return None
    if alignment.misspelled > max(_MISSPELLED * shortest, 2 if shortest > 2 else shortest - 1, 1):
        return None
    a = [i for gap in alignment.gaps for i in gap.left]
    b = [j for gap in alignment.gaps for j in gap.right]
    if _only_fillers(left, right, a, b):
        return 0.0
    if alignment.moves:
        return None
    small = _small_words(left, right, a, b)
    if small is not None or (a and b):
        return small
    whole, cut, missing = (left, right, a) if a else (right, left, b)
    return _cut_off(whole, cut, missing, inside=alignment.cut)


def _only_fillers(left: Wording, right: Wording, a: list[int], b: list[int]) -> bool:
    """Whether all words that differ are fillers, and few."""
    fillers = word_lists().fillers
    words = [left.words[i] for i in a] + [right.words[j] for j in b]
    return len(words) <= _FILLERS and fillers.issuperset(words)


def _small_words(left: Wording, right: Wording, a: list[int], b: list[int]) -> float | None:
    """As `edited_from`, for texts that differ in a small word, or in a slip that made a word."""
    lists = word_lists()
    if len(a) + len(b) > _FILLERS:
        return None
    rest_a = [left.words[i] for i in a if left.words[i] not in lists.fillers]
    rest_b = [right.words[j] for j in b if right.words[j] not in lists.fillers]
    rest = rest_a + rest_b
    enough = min(len(left.words), len(right.words)) >= _DROPPED_FROM
    if len(rest) == 1 and rest[0] in lists.droppable and enough:
        return 0.0
    if len(rest_a) == len(rest_b) == 1 and _one_slip(*rest):
        return _DOUBTFUL
    return None


def _cut_off(whole: Wording, cut: Wording, missing: list[int], *, inside: bool) -> float | None:
    """As `edited_from`, for a text that may be another one without its end.

    Args:
        whole: the whole text.
        cut: the text that may be cut off.
        missing: positions of the words of `whole` that `cut` lacks.
        inside: whether it ends inside a word, or with a word that ends no sentence.
    """
    if not missing or missing != list(range(missing[0], len(whole.words))):
        return None
    covered = len(cut.letters) / len(whole.letters)
    if len(cut.words) < _LEAST_WORDS or covered < _COVERED_DOUBTFUL:
        return None
    return 0.0 if covered >= (_COVERED_INSIDE if inside else _COVERED) else _DOUBTFUL


def _one_slip(a: str, b: str) -> bool:
    """Whether two words that both exist differ in one letter."""
    return min(len(a), len(b)) >= 3 and OSA.distance(a, b, score_cutoff=1) <= 1
