"""Near-duplicates in groups: each text is represented by the first text that is near to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    representative: int
    similarity: float


def assign(
    vectors: Matrix, texts: ExactGroups, pairs: Pairs, progress: ProgressFactory
) -> dict[int, Assignment]:
    """Assign near-duplicates to their representatives, by position among the distinct texts.

    Positions are processed in ascending order. Each one that is not assigned yet becomes a
    representative, and all later positions that are near to it and not assigned yet are assigned
    to it.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        texts: the distinct texts.
        pairs: near pairs of them.
        progress: opens a bar.
    """
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for left, right, score in zip(
        pairs.left.tolist(), pairs.right.tolist(), pairs.similarities.tolist(), strict=True
    ):
        near[left].append((right, score))
    saturated = set(pairs.saturated.tolist())
    search = _ExhaustiveSearch(vectors, texts, pairs)
    assigned: dict[int, Assignment] = {}
    candidates = sorted(saturated.union(near))
    with progress(len(candidates), title="grouping") as advance:
        for candidate in candidates:
            advance(1)
            if candidate in assigned:
                continue
            members = (
                search.near(candidate, assigned) if candidate in saturated else near[candidate]
            )
            for member, score in members:
                if member > candidate and member not in assigned:
                    assigned[member] = Assignment(candidate, score)
    return assigned


class _ExhaustiveSearch:
    """Compares saturated texts with all others, several of them at once."""

    def __init__(self, vectors: Matrix, texts: ExactGroups, pairs: Pairs) -> None:
        self._vectors, self._texts, self._threshold = vectors, texts, pairs.threshold
        self._pending: NDArray[np.int64] = pairs.saturated
        self._found: dict[int, list[tuple[int, float]]] = {}

    def near(self, position: int, assigned: Mapping[int, Assignment]) -> list[tuple[int, float]]:
        """Positions near to a saturated one, with similarities; call it in ascending order."""
        if position not in self._found:
            pending = [p for p in self._pending.tolist() if p not in assigned]
            self._found = self._search(np.asarray(pending[:_BATCH]))
            self._pending = np.asarray(pending[_BATCH:], np.int64)
        return self._found[position]

    def _search(self, positions: NDArray[np.int64]) -> dict[int, list[tuple[int, float]]]:
        rows = self._texts.rows
        queries = self._vectors[rows[positions]]
        found: dict[int, list[tuple[int, float]]] = {p: [] for p in positions.tolist()}
        for start in range(0, len(rows), ROWS_AT_ONCE):
            block = self._vectors[rows[start : start + ROWS_AT_ONCE]]
            for near in within(queries, block, self._threshold - TOLERANCE):
                position = int(positions[near.query])
                scores = exact_cosine(queries[[near.query]], block[near.indices])
                found[position] += [
                    (int(index) + start, float(score))
                    for index, score in zip(near.indices, scores, strict=True)
                    if score >= self._threshold
                ]
            release(self._vectors)
        return found
