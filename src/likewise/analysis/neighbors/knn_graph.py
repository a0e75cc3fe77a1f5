"""The kNN graph of a corpus: one graph for duplicates, clusters and maps."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import reordered
from likewise.analysis.neighbors import ivf
from likewise.analysis.neighbors.by_cells import search_on
from likewise.analysis.neighbors.graph import KnnGraph, NeighborSearch, own_order
from likewise.atomic import atomic
from likewise.errors import InputError
from likewise.progress import Progress, ProgressFactory, no_progress
from likewise.vectors import Matrix

__all__ = ["EXACT", "KnnGraph", "NearPairs", "knn_graph", "within"]

EXACT = 20_000
"""Up to this many texts every pair is compared; beyond, each with its likely neighbors."""
_SCORES = 2**23
"""Similarities held at once: 32 MiB."""


def knn_graph(
    corpus: EmbeddedCorpus | Matrix, k: int, *, progress: ProgressFactory = no_progress
) -> KnnGraph:
    """The k nearest neighbors of every text, by cosine similarity.

    The graph of an embedded corpus is cached beside its vectors; a graph with more neighbors also
    serves requests for fewer. It does not depend on the order of the texts. Similarities are exact;
    over `EXACT` texts some neighbors are missed, and `KnnGraph.recall` measures how many; then the
    graph is made on the executor of the corpus, if it has one.

    Args:
        corpus: an embedded corpus, or float32 `[n, dimension]` vectors of length 1.
        k: neighbors of each text; n - 1 where there are no more.
        progress: opens a bar, where there is work to do.

    Raises:
        InputError: k is below 1.
        OutputError: the cache cannot be written.
    """
    if k < 1:
        raise InputError(f"k is {k}, expected at least 1", hint="ask for 1 or more")
    k = min(k, max(len(corpus) - 1, 0))
    if not isinstance(corpus, EmbeddedCorpus):
        return _search(corpus, k, progress)
    cached = corpus.folder / "neighbors.npz"
    with FileLock(corpus.folder / "neighbors.lock"):
        graph = _read(cached)
        if graph is None or graph.k < k:
            graph = _search(corpus.vectors, k, progress, corpus)
            with atomic(cached) as file:
                np.savez(
                    file,
                    indices=graph.indices, similarities=graph.similarities, recall=graph.recall,
                )  # fmt: skip
    return graph.nearest(k)


def _read(cached: Path) -> KnnGraph | None:
    try:
        with np.load(cached) as arrays:
            return KnnGraph(arrays["indices"], arrays["similarities"], float(arrays["recall"]))
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def _search(
    vectors: Matrix, k: int, progress: ProgressFactory, corpus: EmbeddedCorpus | None = None
) -> KnnGraph:
    n = len(vectors)
    if k == 0:
        return KnnGraph(np.empty((n, 0), np.int32), np.empty((n, 0), np.float32))
    order = own_order(vectors)
    ordered = reordered(vectors, order)
    with progress(n, title="finding neighbors") as advance:
        if n <= EXACT or n <= 4 * k:
            found = _every_pair(ordered, k, advance)
        elif corpus and corpus.executor:
            found = search_on(corpus.executor, corpus.folder, ordered, k, advance)
        else:
            found = ivf.search(ordered, k, advance)
    indices = np.empty_like(found.indices)
    similarities = np.empty_like(found.similarities)
    indices[order] = order[found.indices]
    similarities[order] = found.similarities
    return KnnGraph(indices, similarities, found.recall)


def _every_pair(vectors: Matrix, k: int, advance: Progress) -> KnnGraph:
    n = len(vectors)
    best = NeighborSearch(n, k)
    everything = np.arange(n)
    size = max(1, _SCORES // n)
    for start in range(0, n, size):
        rows = everything[start : start + size]
        scores = vectors[rows] @ vectors.T
        scores[np.arange(len(rows)), rows] = -np.inf
        best.offer(rows, everything, scores)
        advance(len(rows))
    return best.graph(vectors)


@dataclass(frozen=True)
class NearPairs:
    """The vectors near one query.

    Attributes:
        query: its row.
        indices: rows that are near enough.
        similarities: float32, of these rows.
    """

    query: int
    indices: NDArray[np.intp]
    similarities: NDArray[np.float32]


def within(queries: Matrix, vectors: Matrix, threshold: float) -> Iterator[NearPairs]:
    """For each query every vector of at least that cosine similarity, however many they are.

    Args:
        queries: float32 `[q, dimension]` of length 1.
        vectors: float32 `[n, dimension]` of length 1; all of them are looked at.
        threshold: the least similarity.
    """
    size = max(1, _SCORES // max(len(vectors), 1))
    for start in range(0, len(queries), size):
        for row, scores in enumerate(queries[start : start + size] @ vectors.T, start):
            indices = np.flatnonzero(scores >= threshold)
            yield NearPairs(row, indices, scores[indices])
