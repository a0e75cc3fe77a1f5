"""The nearest neighbours of every text of a corpus: one graph for duplicates, clusters and maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.atomic import atomic
from likewise.corpus.prepared import QUIET, Prepared, Stage
from likewise.errors import InputError
from likewise.vectors import Matrix

_SCORES = 2**25
"""Similarities held at once: 128 MiB."""


@dataclass(frozen=True)
class Graph:
    """Every text's nearest others, itself left out, the nearest first.

    Attributes:
        indices: int32 `[n, k]`.
        similarities: float32 `[n, k]`, cosine, descending.
    """

    indices: NDArray[np.int32]
    similarities: Matrix

    @property
    def k(self) -> int:
        """Neighbours of each text."""
        return int(self.indices.shape[1])

    def nearest(self, k: int) -> Graph:
        """The graph of the k nearest alone."""
        return Graph(self.indices[:, :k], self.similarities[:, :k])


def neighbours(corpus: Prepared | Matrix, k: int, *, progress: Stage = QUIET) -> Graph:
    """The k nearest neighbours of every text, by cosine similarity.

    The graph of a prepared corpus is kept beside its vectors; one of more neighbours serves those
    who ask for fewer.

    Args:
        corpus: a prepared corpus, or float32 `[n, dimension]` vectors of length 1.
        k: how many; n - 1 where there are no more.
        progress: opens a bar, where there is work to do.

    Raises:
        InputError: k is below 1.
        OutputError: the cache cannot be written.
    """
    if k < 1:
        raise InputError(f"k is {k}, expected at least 1", hint="ask for 1 or more")
    if not isinstance(corpus, Prepared):
        return _search(corpus, min(k, max(len(corpus) - 1, 0)), progress)
    k = min(k, max(len(corpus) - 1, 0))
    kept = corpus.folder / "neighbours.npz"
    graph = _read(kept)
    if graph is None or graph.k < k:
        graph = _search(corpus.vectors, k, progress)
        with atomic(kept) as file:
            np.savez(file, indices=graph.indices, similarities=graph.similarities)
    return graph.nearest(k)


def _read(kept: object) -> Graph | None:
    try:
        with np.load(kept) as arrays:  # type: ignore[arg-type]
            return Graph(arrays["indices"], arrays["similarities"])
    except FileNotFoundError:
        return None


def _search(vectors: Matrix, k: int, progress: Stage) -> Graph:
    n = len(vectors)
    indices = np.empty((n, k), np.int32)
    similarities = np.empty((n, k), np.float32)
    rows = max(1, _SCORES // max(n, 1))
    with progress(n, title="finding neighbours") as advance:
        for start in range(0, n, rows):
            block = np.arange(start, min(start + rows, n))
            scores = vectors[block] @ vectors.T
            scores[np.arange(len(block)), block] = -np.inf
            part = np.argpartition(-scores, min(k, n - 1) - 1, axis=1)[:, :k]
            near = np.take_along_axis(scores, part, axis=1)
            order = np.lexsort((part, -near), axis=1)
            indices[block] = np.take_along_axis(part, order, axis=1)
            similarities[block] = np.take_along_axis(near, order, axis=1)
            advance(len(block))
    return Graph(indices, similarities)
