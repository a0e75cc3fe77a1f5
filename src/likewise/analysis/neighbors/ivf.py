"""Neighbors of many vectors by an inverted file: each is compared with the nearest cells only.

The space is divided into cells by spherical k-means (inverted file; Jégou, Douze & Schmid 2011).
The number of cells to probe is measured: a sample of vectors is compared with all others, and the
least number of cells that reaches the recall is used. All work is matrix products, cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import KnnGraph, NeighborSearch
from likewise.progress import Progress
from likewise.vectors import Matrix, normalize

RECALL = 0.9
"""Target share of the true nearest neighbors; near-duplicates are found before these."""
MAX_PROBES = 64
"""Most cells that a vector is compared with."""
_ROUNDS = 3
"""Rounds of k-means; 6 rounds on 1.5 times the vectors need as many probes."""
_TRAINING = 32
"""Vectors per cell that k-means is trained on."""
_SAMPLE = 512
"""Vectors compared with all others to choose the number of probes."""
_SCORES = 2**23
"""Similarities held at once: 32 MiB."""
_SORTED = 2**20
"""Similarities sorted at once; the indices from sorting take twice their memory."""


@dataclass(frozen=True)
class TunedProbes:
    """How many cells to probe.

    Attributes:
        cells: cells each vector is compared with.
        recall: share of the sample's true neighbors that lie in them.
    """

    cells: int
    recall: float


@dataclass(frozen=True)
class CellIndex:
    """The cells of all rows.

    Attributes:
        probes: int32 `[n, p]`, the cells that each row is compared with, the nearest first; a row
            is a member of the first.
        count: number of cells.
        recall: see `TunedProbes`.
    """

    probes: NDArray[np.int32]
    count: int
    recall: float


def search(vectors: Matrix, k: int, advance: Progress) -> KnnGraph:
    """The approximate k nearest neighbors of every row.

    Args:
        vectors: float32 `[n, dimension]` of length 1, many more than k.
        k: neighbors of each.
        advance: called with the number of rows that are finished, n in all.
    """
    n = len(vectors)
    index = cell_index(vectors, k)
    best = NeighborSearch(n, k)
    reported, done = 0, 0

    def report(compared: int) -> None:
        nonlocal reported, done
        done += compared
        finished = done // index.probes.shape[1]
        if finished - reported > n // 100:
            advance(finished - reported)
            reported = finished

    compare_rows(vectors, index, RowsByCell(index.probes[:, :1], index.count), best, report)
    advance(n - reported)
    return best.graph(vectors, index.recall)


def cell_index(vectors: Matrix, k: int) -> CellIndex:
    """Divide the space into cells, and choose the cells that each row is compared with.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        k: neighbors that are looked for.
    """
    rng = np.random.default_rng(0)
    centroids = _centroids(vectors, int(2 * np.sqrt(len(vectors))), rng)
    probes = _probes(vectors, centroids)
    tuned = _tune(vectors, probes, k, rng)
    return CellIndex(probes[:, : tuned.cells], len(centroids), tuned.recall)


def compare_rows(
    vectors: Matrix,
    index: CellIndex,
    members: RowsByCell,
    best: NeighborSearch,
    report: Callable[[int], None],
    *,
    rows: NDArray[np.int32] | None = None,
) -> None:
    """Compare rows with the members of their cells.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        index: the cells.
        members: the rows of each cell.
        best: collects the neighbors; its rows are those of `rows`, by place.
        report: called with the number of rows that were compared with a cell.
        rows: the rows; all of them if None.
    """
    probes = index.probes if rows is None else index.probes[rows]
    cells = probes.shape[1]
    # the nearest cells first: most candidates of the others are then rejected quickly
    for first, last in ((0, min(4, cells)), (min(4, cells), cells)):
        queries = RowsByCell(probes[:, first:last], index.count)
        for cell in range(index.count):
            places = queries.rows(cell)
            if len(places):
                queried = places if rows is None else rows[places]
                _compare(vectors, best, Queries(queried, places), members.rows(cell))
                report(len(places))


@dataclass(frozen=True)
class Queries:
    """Rows that are compared.

    Attributes:
        rows: the rows.
        places: their places among those whose neighbors are searched.
    """

    rows: NDArray[np.int32]
    places: NDArray[np.int32]


class RowsByCell:
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
    vectors: Matrix, best: NeighborSearch, queries: Queries, candidates: NDArray[np.int32]
) -> None:
    if not len(candidates):
        return
    against = vectors[candidates].T
    size = max(1, _SCORES // len(candidates))
    for start in range(0, len(queries.rows), size):
        part = queries.rows[start : start + size]
        scores = vectors[part] @ against
        position = np.minimum(np.searchsorted(candidates, part), len(candidates) - 1)
        itself = np.flatnonzero(candidates[position] == part)
        scores[itself, position[itself]] = -np.inf
        best.offer(queries.places[start : start + size], candidates, scores)


def _centroids(vectors: Matrix, count: int, rng: np.random.Generator) -> Matrix:
    sample = np.sort(rng.choice(len(vectors), min(len(vectors), _TRAINING * count), replace=False))
    some = np.asarray(vectors[sample])
    centroids = some[np.sort(rng.choice(len(some), count, replace=False))]
    for _ in range(_ROUNDS):
        assigned = _probes(some, centroids, 1)[:, 0]
        order = np.argsort(assigned, kind="stable")
        sizes = np.bincount(assigned, minlength=count)
        occupied = sizes > 0
        starts = (np.cumsum(sizes) - sizes)[occupied]
        centroids[occupied] = normalize(np.add.reduceat(some[order], starts, axis=0))
    return centroids


def _probes(vectors: Matrix, centroids: Matrix, count: int = MAX_PROBES) -> NDArray[np.int32]:
    """The cells nearest to each vector, the nearest first: int32 `[n, count]`."""
    count = min(count, len(centroids))
    probes = np.empty((len(vectors), count), np.int32)
    size = max(1, _SCORES // len(centroids))
    for start in range(0, len(vectors), size):
        near = vectors[start : start + size] @ centroids.T
        if count == 1:
            probes[start : start + size, 0] = near.argmax(axis=1)
            continue
        chosen = _highest(near, count)
        order = np.argsort(-np.take_along_axis(near, chosen, axis=1), axis=1)
        probes[start : start + size] = np.take_along_axis(chosen, order, axis=1)
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
    vectors: Matrix, probes: NDArray[np.int32], k: int, rng: np.random.Generator
) -> TunedProbes:
    recall = _recalls(vectors, probes, k, rng)
    cells = min(int(np.searchsorted(recall, RECALL)) + 1, len(recall))
    return TunedProbes(cells, float(recall[cells - 1]))


def recall_by_cells(vectors: Matrix, k: int) -> NDArray[np.float64]:
    """Share of the true k nearest that lie in the first cells of a query, measured on a sample.

    Args:
        vectors: float32 `[n, dimension]` of length 1.
        k: neighbors.

    Returns:
        float64 `[p]`, for 1, 2, … p cells; p is at most `MAX_PROBES`.
    """
    rng = np.random.default_rng(0)
    probes = _probes(vectors, _centroids(vectors, int(2 * np.sqrt(len(vectors))), rng))
    return _recalls(vectors, probes, k, rng)


def _recalls(
    vectors: Matrix, probes: NDArray[np.int32], k: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    n = len(vectors)
    sample = np.sort(rng.choice(n, min(n, _SAMPLE), replace=False))
    found = np.zeros(probes.shape[1])
    size = max(1, _SCORES // n)
    for start in range(0, len(sample), size):
        rows = sample[start : start + size]
        scores = vectors[rows] @ vectors.T
        scores[np.arange(len(rows)), rows] = -np.inf
        cells_of = probes[_highest(scores, k), 0]
        found += (cells_of[:, :, None] == probes[rows][:, None, :]).sum(axis=(0, 1))
    return np.cumsum(found) / (len(sample) * k)
