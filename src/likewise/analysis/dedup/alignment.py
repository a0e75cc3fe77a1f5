"""Two wordings side by side: which words were added, left out, moved or misspelled."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from likewise.analysis.dedup.spelling import Vocabulary
from likewise.analysis.dedup.word_lists import word_lists
from likewise.analysis.dedup.wording import Wording


@dataclass(frozen=True)
class Gap:
    """A place where two wordings have different words.

    Attributes:
        left: positions of words that only the left one has there.
        right: positions of words that only the right one has there.
    """

    left: list[int]
    right: list[int]


@dataclass(frozen=True)
class Move:
    """A word that both texts have, in another place.

    Attributes:
        left: its position in the left text.
        right: its position in the right text.
    """

    left: int
    right: int


@dataclass(frozen=True)
class Alignment:
    """What differs between two wordings.

    Attributes:
        gaps: where they differ, without moved and misspelled words.
        moves: words in another place.
        misspelled: number of misspelled words.
        cut: whether the shorter text ends inside a word of the other one.
        same: pairs of positions of equal words in equal order.
    """

    gaps: list[Gap]
    moves: list[Move]
    misspelled: int
    cut: bool
    same: list[Move]


def align(left: Wording, right: Wording, vocabulary: Vocabulary) -> Alignment:
    """Align two wordings word by word."""
    gaps: list[Gap] = []
    same: list[Move] = []
    misspelled, cut = 0, False
    a, b = left.words, right.words
    for gap in _gaps(a, b, same):
        cut = _cut_inside_word(a, b, gap, vocabulary)
        if "".join(a[i] for i in gap.left) == "".join(b[i] for i in gap.right):
            continue  # only the spaces differ
        misspelled += _pair_misspelled(a, b, gap, vocabulary)
        if gap.left or gap.right:
            gaps.append(gap)
    moves: list[Move] = []
    if len(gaps) > 1:
        misspelled += _find_moves(a, b, gaps, moves, vocabulary)
    cut = cut or _ends_open(a, b, gaps)
    return Alignment([gap for gap in gaps if gap.left or gap.right], moves, misspelled, cut, same)


def _gaps(a: tuple[str, ...], b: tuple[str, ...], same: list[Move]) -> list[Gap]:
    gaps: list[Gap] = []
    touching = False
    for step in Levenshtein.opcodes(a, b):
        if step.tag == "equal":
            size = step.src_end - step.src_start
            same += [Move(step.src_start + i, step.dest_start + i) for i in range(size)]
            touching = False
            continue
        if not touching:
            gaps.append(Gap([], []))
        gaps[-1].left.extend(range(step.src_start, step.src_end))
        gaps[-1].right.extend(range(step.dest_start, step.dest_end))
        touching = True
    return gaps


def _cut_inside_word(
    a: tuple[str, ...], b: tuple[str, ...], gap: Gap, vocabulary: Vocabulary
) -> bool:
    """Take the two words at which one text was cut off out of a gap at the end, if it was."""
    if not gap.left or not gap.right:
        return False
    for long, short, places, cut in (
        (a, b, gap.left, gap.right), (b, a, gap.right, gap.left),
    ):  # fmt: skip
        whole, part = long[places[0]], short[cut[0]]
        if (
            cut == [len(short) - 1]
            and places[-1] == len(long) - 1
            and whole != part
            and whole[0].isalpha()  # 12 is no number that was cut off
            and whole.startswith(part)
            and (len(places) > 1 or len(part) < 3 or not vocabulary.exists(part))
        ):
            gap.left.pop(0)
            gap.right.pop(0)
            return True
    return False


def _ends_open(a: tuple[str, ...], b: tuple[str, ...], gaps: list[Gap]) -> bool:
    """Whether one text lacks the end of the other, after a word that ends no sentence."""
    if len(gaps) != 1:
        return False
    gap, last = gaps[0], word_lists().never_last
    return (not gap.right and gap.left[-1] == len(a) - 1 and b[-1:] != () and b[-1] in last) or (
        not gap.left and gap.right[-1] == len(b) - 1 and a[-1:] != () and a[-1] in last
    )


def _pair_misspelled(
    a: tuple[str, ...], b: tuple[str, ...], gap: Gap, vocabulary: Vocabulary
) -> int:
    """Take pairs of which one is the other misspelled out of a gap; their number."""
    found = 0
    for i in list(gap.left):
        for j in gap.right:
            if a[i] == b[j] or vocabulary.misspelled(a[i], b[j]):
                found += a[i] != b[j]
                gap.left.remove(i)
                gap.right.remove(j)
                break
    joined = "".join(a[i] for i in gap.left), "".join(b[j] for j in gap.right)
    if sorted((len(gap.left), len(gap.right))) == [1, 2] and vocabulary.misspelled(*joined):
        found += 1  # "cnanot" for "can not"
        gap.left.clear()
        gap.right.clear()
    return found


def _find_moves(
    a: tuple[str, ...],
    b: tuple[str, ...],
    gaps: list[Gap],
    moves: list[Move],
    vocabulary: Vocabulary,
) -> int:
    """Take words that are in one gap on the left and in another on the right out of both."""
    found = 0
    for gap in gaps:
        for i in list(gap.left):
            match = next(
                ((other, j) for other in gaps for j in other.right if a[i] == b[j]), None
            ) or next(
                (
                    (other, j)
                    for other in gaps
                    for j in other.right
                    if vocabulary.misspelled(a[i], b[j])
                ),
                None,
            )
            if match is not None:
                other, j = match
                found += a[i] != b[j]
                gap.left.remove(i)
                other.right.remove(j)
                moves.append(Move(i, j))
    return found
