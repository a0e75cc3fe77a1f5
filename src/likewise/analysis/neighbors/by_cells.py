"""The kNN graph on an executor: each task finds the neighbors of the rows of some cells.

The cells, and the cells that each row is compared with, are those of `ivf.search`, so the graph is
the same. Workers read the vectors from a file, which must be on a disk that all of them see.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import KnnGraph, NeighborSearch
from likewise.analysis.neighbors.ivf import CellIndex, RowsByCell, cell_index, compare_rows
from likewise.atomic import atomic
from likewise.errors import OutputError
from likewise.executor import Executor
from likewise.progress import Progress
from likewise.vectors import Matrix

ROWS = 4096
"""Most rows of a task, unless a cell has more."""


def search_on(
    executor: Executor, folder: Path, vectors: Matrix, k: int, advance: Progress
) -> KnnGraph:
    """The approximate k nearest neighbors of every row, as `ivf.search` finds them.

    Args:
        executor: runs the tasks.
        folder: a folder that all workers see, for the vectors.
        vectors: float32 `[n, dimension]` of length 1, many more than k.
        k: neighbors of each.
        advance: called with the number of rows that are finished, n in all.

    Raises:
        OutputError: the folder cannot be written, or a worker does not see it.
    """
    index = cell_index(vectors, k)
    with _shared(folder, vectors, index.probes) as shared:
        work = _NeighborsOfCells(shared, index.count, k)
        found = NeighborSearch(len(vectors), k)
        members = RowsByCell(index.probes[:, :1], index.count)
        for finished in executor.run(work, _tasks(members, index.count)):
            part = finished.result
            found.indices[part.rows] = part.indices
            found.similarities[part.rows] = part.similarities
            advance(len(part.rows))
    return found.graph(vectors, index.recall)


@dataclass(frozen=True)
class _Cells:
    """A task: the rows of consecutive cells."""

    start: int
    stop: int


@dataclass(frozen=True)
class _Neighbors:
    """The candidates of some rows, as in `NeighborSearch`."""

    rows: NDArray[np.int32]
    indices: NDArray[np.int32]
    similarities: Matrix


@dataclass(frozen=True)
class _State:
    """What a worker holds."""

    vectors: Matrix
    index: CellIndex
    members: RowsByCell


@dataclass(frozen=True)
class _NeighborsOfCells:
    """Finds the neighbors of the rows of some cells."""

    folder: Path
    cells: int
    k: int

    def start(self) -> _State:
        """The vectors, and the cells of all rows.

        Raises:
            OutputError: this worker does not see the files.
        """
        try:
            vectors = np.load(self.folder / "vectors.npy", mmap_mode="r")
            probes = np.load(self.folder / "probes.npy")
        except OSError as error:
            raise OutputError(
                f"a worker cannot read {self.folder}: {error.strerror or error}",
                hint="set LIKEWISE_CACHE to a folder that all nodes of the cluster share",
            ) from error
        return _State(
            vectors, CellIndex(probes, self.cells, 0.0), RowsByCell(probes[:, :1], self.cells)
        )

    def run(self, state: _State, task: _Cells) -> _Neighbors:
        """The neighbors of the rows of a task."""
        parts = [state.members.rows(cell) for cell in range(task.start, task.stop)]
        rows = np.sort(np.concatenate(parts))
        best = NeighborSearch(len(rows), self.k)
        compare_rows(state.vectors, state.index, state.members, best, lambda _: None, rows=rows)
        return _Neighbors(rows, best.indices, best.similarities)


def _tasks(members: RowsByCell, cells: int) -> list[_Cells]:
    """Consecutive cells with about `ROWS` rows in all."""
    tasks, start, rows = [], 0, 0
    for cell in range(cells):
        size = len(members.rows(cell))
        if rows and rows + size > ROWS:
            tasks.append(_Cells(start, cell))
            start, rows = cell, 0
        rows += size
    if rows:
        tasks.append(_Cells(start, cells))
    return tasks


@contextmanager
def _shared(folder: Path, vectors: Matrix, probes: NDArray[np.int32]) -> Iterator[Path]:
    """A folder with the vectors and the cells, while the graph is made."""
    shared = folder / "neighbors"
    try:
        shared.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write {shared}: {error.strerror or error}",
            hint="free some space, or choose another folder with LIKEWISE_CACHE",
        ) from error
    try:
        for name, array in (("vectors.npy", vectors), ("probes.npy", probes)):
            with atomic(shared / name) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array))
        yield shared
    finally:
        shutil.rmtree(shared, ignore_errors=True)
