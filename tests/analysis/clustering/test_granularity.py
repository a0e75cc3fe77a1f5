"""How the number of clusters is chosen where there are many texts."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.analysis.clustering import communities, granularity
from likewise.analysis.clustering.granularity import Found, Granularity
from likewise.analysis.neighbors.knn_graph import knn_graph


def test_samples_of_several_sizes_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each size gives another number; the whole graph is divided into their geometric mean."""
    numbers = {300: 4, 500: 9}
    asked = []

    def scanned(matrix: object, vectors: np.ndarray, seed: int) -> Found:
        asked.append(len(vectors))
        number = numbers[len(vectors)]
        found = Granularity(number, number - 1, number + 1, 0.5, ())
        return Found(np.zeros(len(vectors), np.int32), 1.0, found)

    monkeypatch.setattr(granularity, "SAMPLES", (300, 500))
    monkeypatch.setattr(granularity, "_scanned", scanned)
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(6, 32))
    vectors = np.repeat(centers, 120, axis=0) + rng.normal(scale=0.1, size=(720, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    near = knn_graph(vectors, 15)
    matrix = communities.as_matrix(near.indices, near.similarities)
    found = granularity.find(matrix, vectors, neighbors=15, seed=0)
    assert asked == [300, 500]
    assert (found.granularity.clusters, found.granularity.low, found.granularity.high) == (6, 5, 7)
    assert int(found.labels.max()) + 1 == 6
