"""Pairs of near texts, with similarities that do not depend on what was computed beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.embedded_corpus import EmbeddedCorpus
from likewise.analysis.memmap import release
from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.progress import ProgressFactory
from likewise.vectors import Matrix

DOUBT = 1e-5
"""How far a matrix product in float32 may be from the similarity itself."""
_BLOCK = 4_096
"""Pairs compared at once."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of places that are near each other.

    Attributes:
        left: int64 `[p]`.
        right: int64 `[p]`, each greater than its left one.
        similarities: float64 `[p]`.
        crowded: places that may have more near ones than were looked up.
        recall: see `Graph.recall`.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarities: NDArray[np.float64]
    crowded: NDArray[np.int64]
    recall: float


def exactly(a: Matrix, b: Matrix) -> NDArray[np.float64]:
    """Cosine of row i of a with row i of b, both of length 1; the same bits whatever the order."""
    products = a.astype(np.float64) * b.astype(np.float64)
    result: NDArray[np.float64] = np.minimum(products.sum(axis=1), 1.0)
    return result


def near_pairs(
    corpus: EmbeddedCorpus,
    rows: NDArray[np.int64],
    places: NDArray[np.int64],
    threshold: float,
    *,
    k: int,
    progress: ProgressFactory,
) -> Pairs:
    """Pairs of distinct texts at or over a threshold, among each one's k nearest.

    Args:
        corpus: n records.
        rows: `[m]` the row of each distinct text.
        places: `[n]` the distinct text of each row.
        threshold: the least similarity.
        k: neighbours looked up.
        progress: opens a bar.
    """
    graph = knn_graph(corpus, k, progress=progress)
    near = graph.similarities >= threshold - DOUBT
    here, rank = np.nonzero(near)
    ends = np.stack([places[here], places[graph.indices[here, rank]]])
    ends = ends[:, ends[0] != ends[1]]
    code = np.unique(ends.min(axis=0) * len(rows) + ends.max(axis=0))
    left, right = np.divmod(code, len(rows))
    scores = np.empty(len(code))
    for start in range(0, len(code), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores[part] = exactly(corpus.vectors[rows[left[part]]], corpus.vectors[rows[right[part]]])
        release(corpus.vectors)
    sure = scores >= threshold
    crowded = np.unique(places[near.all(axis=1)])
    return Pairs(left[sure], right[sure], scores[sure], crowded, graph.recall)
