"""Neighbours of many vectors: each is compared with those of the cells nearest to it alone.

The space is cut into cells around the middles of spherical k-means, as inverted files do it (Jégou,
Douze & Schmid 2011). How many cells a vector is compared with is not guessed: some vectors are
compared with all others first, and as many cells are taken as finding their neighbours asks for.
All of it is matrix products, a cell at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import KnnGraph, NeighborSearch
from likewise.progress import Progress
from likewise.vectors import Matrix, normalize

RECALL = 0.9
"""Share of the true nearest neighbours that is aimed at; near-duplicates are found before these."""
REACH = 64
"""Cells that a vector is compared with at most."""
_ROUNDS = 3
"""Rounds of k-means; 6 of half as many vectors again leave as many cells to be looked into."""
_DRAWN = 32
"""Vectors for each cell that k-means is run on."""
_SAMPLE = 512
"""Vectors compared with all others to choose the number of cells."""
_SCORES = 2**23
"""Similarities held at once: 32 MiB."""
_SORTED = 2**20
"""Similarities sorted at once; the places that sorting gives take twice their room."""


@dataclass(frozen=True)
class TunedProbes:
    """How far to look.

    Attributes:
        cells: cells each vector is compared with.
        recall: share of the sample's true neighbours that lie in them.
    """

    cells: int
    recall: float


def search(vectors: Matrix, k: int, advance: Progress) -> KnnGraph:
    """The k nearest of every row, most of them.

    Args:
        vectors: float32 `[n, dimension]` of length 1, many more than k.
        k: neighbours of each.
        advance: told of rows that are done, n in all.
    """
    n = len(vectors)
    chance = np.random.default_rng(0)
    middles = _middles(vectors, int(2 * np.sqrt(n)), chance)
    probes = _probes(vectors, middles)
    tuned = _tune(vectors, probes, k, chance)
    members = _Grouped(probes[:, :1], len(middles))
    best = NeighborSearch(n, k)
    # the nearest cells first: most of what the others hold is then seen to be too far at a glance
    told, share = 0, 1 / tuned.cells
    done = 0
    for first, last in ((0, min(4, tuned.cells)), (min(4, tuned.cells), tuned.cells)):
        seekers = _Grouped(probes[:, first:last], len(middles))
        for cell in range(len(middles)):
            asking = seekers.rows(cell)
            _compare(vectors, best, asking, members.rows(cell))
            done += len(asking)
            if int(done * share) - told > n // 100:
                advance(int(done * share) - told)
                told = int(done * share)
    advance(n - told)
    return best.graph(tuned.recall)


class _Grouped:
    """Rows by cell."""

    def __init__(self, cells: NDArray[np.int32], count: int) -> None:
        width = max(cells.shape[1], 1)
        flat = cells.ravel()
        order = np.argsort(flat, kind="stable")
        order //= width
        self._rows = order.astype(np.int32)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=count))])

    def rows(self, cell: int) -> NDArray[np.int32]:
        """The rows of a cell, ascending."""
        rows: NDArray[np.int32] = self._rows[self._starts[cell] : self._starts[cell + 1]]
        return rows


def _compare(
    vectors: Matrix, best: NeighborSearch, rows: NDArray[np.int32], candidates: NDArray[np.int32]
) -> None:
    if not len(candidates):
        return
    against = vectors[candidates].T
    size = max(1, _SCORES // len(candidates))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        scores = vectors[part] @ against
        place = np.minimum(np.searchsorted(candidates, part), len(candidates) - 1)
        itself = np.flatnonzero(candidates[place] == part)
        scores[itself, place[itself]] = -np.inf
        best.offer(part, candidates, scores)


def _middles(vectors: Matrix, count: int, chance: np.random.Generator) -> Matrix:
    sample = np.sort(chance.choice(len(vectors), min(len(vectors), _DRAWN * count), replace=False))
    some = np.asarray(vectors[sample])
    middles = some[np.sort(chance.choice(len(some), count, replace=False))]
    for _ in range(_ROUNDS):
        home = _probes(some, middles, 1)[:, 0]
        order = np.argsort(home, kind="stable")
        sizes = np.bincount(home, minlength=count)
        full = sizes > 0
        starts = (np.cumsum(sizes) - sizes)[full]
        middles[full] = normalize(np.add.reduceat(some[order], starts, axis=0))
    return middles


def _probes(vectors: Matrix, middles: Matrix, reach: int = REACH) -> NDArray[np.int32]:
    """The cells nearest to each vector, the nearest first: int32 `[n, reach]`."""
    reach = min(reach, len(middles))
    probes = np.empty((len(vectors), reach), np.int32)
    size = max(1, _SCORES // len(middles))
    for start in range(0, len(vectors), size):
        near = vectors[start : start + size] @ middles.T
        if reach == 1:
            probes[start : start + size, 0] = near.argmax(axis=1)
            continue
        taken = _highest(near, reach)
        order = np.argsort(-np.take_along_axis(near, taken, axis=1), axis=1)
        probes[start : start + size] = np.take_along_axis(taken, order, axis=1)
    return probes


def _highest(scores: Matrix, k: int) -> NDArray[np.int32]:
    """Columns of the k highest scores of each row, in no order: int32 `[rows, k]`."""
    columns = np.empty((len(scores), k), np.int32)
    size = max(1, _SORTED // scores.shape[1])
    for start in range(0, len(scores), size):
        part = slice(start, start + size)
        columns[part] = np.argpartition(-scores[part], k - 1, axis=1)[:, :k]
    return columns


def _tune(
    vectors: Matrix, probes: NDArray[np.int32], k: int, chance: np.random.Generator
) -> TunedProbes:
    n = len(vectors)
    sample = np.sort(chance.choice(n, min(n, _SAMPLE), replace=False))
    found = np.zeros(probes.shape[1])
    size = max(1, _SCORES // n)
    for start in range(0, len(sample), size):
        rows = sample[start : start + size]
        scores = vectors[rows] @ vectors.T
        scores[np.arange(len(rows)), rows] = -np.inf
        homes = probes[_highest(scores, k), 0]
        found += (homes[:, :, None] == probes[rows][:, None, :]).sum(axis=(0, 1))
    recall = np.cumsum(found) / (len(sample) * k)
    cells = min(int(np.searchsorted(recall, RECALL)) + 1, len(recall))
    return TunedProbes(cells, float(recall[cells - 1]))
