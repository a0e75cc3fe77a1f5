"""The graph against every pair compared."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from likewise.corpus.neighbours import neighbours
from likewise.errors import InputError
from likewise.vectors import normalize


def crowd(n: int, dimension: int = 24, seed: int = 0) -> NDArray[np.float32]:
    """Vectors in loose groups, as texts lie."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(max(1, n // 50), dimension))
    vectors = middles[chance.integers(len(middles), size=n)]
    return normalize(vectors + 0.6 * chance.normal(size=(n, dimension)))


def test_small_corpora_are_compared_exactly() -> None:
    vectors = crowd(500)
    graph = neighbours(vectors, 10)
    scores = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(scores, -2)
    assert graph.indices.dtype == np.int32
    assert graph.similarities.dtype == np.float32
    np.testing.assert_allclose(graph.similarities, -np.sort(-scores, axis=1)[:, :10], atol=1e-6)
    np.testing.assert_allclose(
        graph.similarities, np.take_along_axis(scores, graph.indices.astype(int), 1), atol=1e-6
    )


def test_few_vectors() -> None:
    assert neighbours(crowd(3), 10).indices.shape == (3, 2)
    assert neighbours(crowd(1), 10).indices.shape == (1, 0)
    assert neighbours(crowd(0), 10).indices.shape == (0, 0)
    with pytest.raises(InputError, match="k is 0"):
        neighbours(crowd(3), 0)
