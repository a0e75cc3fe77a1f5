"""Near-duplicates in groups: each text is represented by the first text that is near to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.dedup.differences import Difference
from likewise.analysis.dedup.edited_pairs import EditedPairs
from likewise.analysis.dedup.exact import ExactGroups
from likewise.analysis.dedup.near_pairs import TOLERANCE, Pairs, exact_cosine
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import within
from likewise.progress import ProgressFactory
from likewise.vectors import Matrix

_BATCH = 64
"""Saturated texts compared with all others at once."""
ROWS_AT_ONCE = 16_384
"""Rows read from a file of vectors at once."""


@dataclass(frozen=True)
class Assignment:
    """The text that represents another one.

    Attributes:
        representative: position of the text that represents it.
        similarity: cosine of the two.
        differences: what the two differ in; such a text is not a duplicate.
    """

    representative: int
    similarity: float
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Groups:
    """Texts by their representatives.

    Attributes:
        assigned: of each duplicate, by position.
        differing: of each text that is near to a representative, but differs from it.
    """

    assigned: dict[int, Assignment] = field(default_factory=dict)
    differing: dict[int, Assignment] = field(default_factory=dict)


@dataclass(frozen=True)
class _Neighbor:
    """A text near to another one; `edited` if one is an edited copy of the other."""

    position: int
    similarity: float
    edited: bool = False


def assign(
    vectors: Matrix,
    texts: ExactGroups,
    pairs: Pairs,
    edited: EditedPairs,
    progress: ProgressFactory,
    *,
    remove_differing: bool = False,
) -> Groups:
    """Assign duplicates to their representatives, by position among the distinct texts.

    Positions are processed in ascending order. Each one that is not assigned yet becomes a
    representative, and all later positions that are near to it or edited copies of it, and not
    assigned yet, are assigned to it, unless they differ in a number, a name or the like.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        texts: the distinct texts.
        pairs: near pairs of them.
        edited: edited copies among them.
        progress: opens a bar.
        remove_differing: assign texts that differ, too.
    """
    near = _neighbors(vectors, texts, pairs, edited)

    def differ(one: int, other: int) -> tuple[Difference, ...]:
        return () if remove_differing else edited.comparer.compare(other, one).differences

    search = _ExhaustiveSearch(vectors, texts, pairs, near, differ)
    numbers = np.zeros(len(texts.rows), np.int64) if remove_differing else edited.numbers
    groups = Groups()
    candidates = sorted(set(near).union(pairs.saturated.tolist()))
    with progress(len(candidates), title="grouping") as advance:
        for candidate in candidates:
            advance(1)
            if candidate in groups.assigned:
                continue
            members = near.get(candidate, [])
            if search.useful(candidate):
                members = members + search.near(candidate, groups.assigned, numbers)
            for member in members:
                if member.position <= candidate or member.position in groups.assigned:
                    continue
                found = () if member.edited else differ(candidate, member.position)
                entry = Assignment(candidate, member.similarity, found)
                if found:
                    groups.differing.setdefault(member.position, entry)
                else:
                    groups.assigned[member.position] = entry
                    groups.differing.pop(member.position, None)
    return groups


def _neighbors(
    vectors: Matrix, texts: ExactGroups, pairs: Pairs, edited: EditedPairs
) -> dict[int, list[_Neighbor]]:
    """The looked-up neighbors and the edited copies of each position, in ascending order."""
    left, right = edited.pairs.T
    scores = exact_cosine(vectors[texts.rows[left]], vectors[texts.rows[right]])
    certain = scores >= edited.least
    left, right, scores = left[certain], right[certain], scores[certain]
    found: dict[int, dict[int, _Neighbor]] = defaultdict(dict)
    for columns, copies in (
        ((pairs.left, pairs.right, pairs.similarities), False), ((left, right, scores), True),
    ):  # fmt: skip
        for one, other, score in zip(*(column.tolist() for column in columns), strict=True):
            found[one][other] = _Neighbor(other, score, copies)
            found[other][one] = _Neighbor(one, score, copies)
    return {one: [others[at] for at in sorted(others)] for one, others in found.items()}


class _ExhaustiveSearch:
    """Compares saturated texts with all others, several of them at once.

    A text most of whose neighbors differ from it comes from a template, such as "order 123 is
    ready"; it is not compared with more of them.
    """

    def __init__(
        self,
        vectors: Matrix,
        texts: ExactGroups,
        pairs: Pairs,
        near: Mapping[int, list[_Neighbor]],
        differ: Callable[[int, int], tuple[Difference, ...]],
    ) -> None:
        self._vectors, self._texts, self._threshold = vectors, texts, pairs.threshold
        self._near, self._differ = near, differ
        self._pending: list[int] = pairs.saturated.tolist()
        self._useful = dict.fromkeys(self._pending, True)
        self._judged: set[int] = set()
        self._found: dict[int, list[_Neighbor]] = {}

    def useful(self, position: int) -> bool:
        """Whether a text may have more duplicates than the neighbors that were looked up."""
        if position in self._useful and position not in self._judged:
            others = [other for other in self._near.get(position, ()) if not other.edited]
            apart = sum(bool(self._differ(position, other.position)) for other in others)
            self._useful[position] = 2 * apart <= len(others)
            self._judged.add(position)
        return self._useful.get(position, False)

    def near(
        self, position: int, assigned: Mapping[int, Assignment], numbers: NDArray[np.int64]
    ) -> list[_Neighbor]:
        """Positions near to a saturated one with the same numbers; call it in ascending order."""
        if position not in self._found:
            batch: list[int] = []
            at = 0
            for at, pending in enumerate(self._pending, 1):  # noqa: B007 - used after the loop
                if pending not in assigned and self.useful(pending):
                    batch.append(pending)
                if len(batch) == _BATCH:
                    break
            self._pending = self._pending[at:]
            self._found = self._search(np.asarray(batch), numbers)
        return self._found[position]

    def _search(
        self, positions: NDArray[np.int64], numbers: NDArray[np.int64]
    ) -> dict[int, list[_Neighbor]]:
        rows = self._texts.rows
        queries = self._vectors[rows[positions]]
        found: dict[int, list[_Neighbor]] = {p: [] for p in positions.tolist()}
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = self._vectors[rows[start : start + ROWS_AT_ONCE]]
            for near in within(queries, block, self._threshold - TOLERANCE):
                position = int(positions[near.query])
                indices = near.indices[numbers[near.indices + start] == numbers[position]]
                scores = exact_cosine(queries[[near.query]], block[indices])
                found[position] += [
                    _Neighbor(int(index) + start, float(score))
                    for index, score in zip(indices, scores, strict=True)
                    if score >= self._threshold
                ]
            release(self._vectors)
        return found
