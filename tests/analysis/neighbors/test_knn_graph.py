"""The graph against every pair compared."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from likewise.analysis.neighbors.graph import NeighborSearch
from likewise.analysis.neighbors.knn_graph import EXACT, KnnGraph, knn_graph, within
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
    graph = knn_graph(vectors, 10)
    scores = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(scores, -2)
    assert graph.indices.dtype == np.int32
    assert graph.similarities.dtype == np.float32
    np.testing.assert_allclose(graph.similarities, -np.sort(-scores, axis=1)[:, :10], atol=1e-6)
    np.testing.assert_allclose(
        graph.similarities, np.take_along_axis(scores, graph.indices.astype(int), 1), atol=1e-6
    )


def test_few_vectors() -> None:
    assert knn_graph(crowd(3), 10).indices.shape == (3, 2)
    assert knn_graph(crowd(1), 10).indices.shape == (1, 0)
    assert knn_graph(crowd(0), 10).indices.shape == (0, 0)
    with pytest.raises(InputError, match="k is 0"):
        knn_graph(crowd(3), 0)


@pytest.fixture(scope="module")
def many() -> NDArray[np.float32]:
    return crowd(21_000, seed=3)


@pytest.fixture(scope="module")
def graph_of_many(many: NDArray[np.float32]) -> KnnGraph:
    assert len(many) > EXACT
    return knn_graph(many, 10)


def test_most_neighbours_of_many_are_found_and_how_many_is_told(
    many: NDArray[np.float32], graph_of_many: KnnGraph
) -> None:
    rows = np.arange(0, len(many), 11)
    scores = many[rows] @ many.T
    scores[np.arange(len(rows)), rows] = -2
    nearest = np.argsort(-scores, axis=1)[:, :10]
    found = np.mean(
        [np.isin(true, graph_of_many.indices[row]) for row, true in zip(rows, nearest, strict=True)]
    )
    assert found >= 0.88
    assert abs(found - graph_of_many.recall) <= 0.03
    np.testing.assert_allclose(
        graph_of_many.similarities[rows],
        np.take_along_axis(scores, graph_of_many.indices[rows].astype(int), axis=1),
        atol=1e-5,
    )
    assert not (graph_of_many.indices == np.arange(len(many))[:, None]).any()
    assert (np.diff(graph_of_many.similarities, axis=1) <= 0).all()


def test_the_graph_is_the_same_in_any_order(
    many: NDArray[np.float32], graph_of_many: KnnGraph
) -> None:
    shuffled = np.random.default_rng(1).permutation(len(many))
    other = knn_graph(many[shuffled], 10)
    np.testing.assert_array_equal(other.similarities, graph_of_many.similarities[shuffled])
    assert np.mean(shuffled[other.indices] == graph_of_many.indices[shuffled]) == 1


def test_all_within_a_threshold() -> None:
    vectors = crowd(300)
    scores = vectors @ vectors.T
    found = list(within(vectors[:40], vectors, 0.7))
    assert [near.query for near in found] == list(range(40))
    for near in found:
        np.testing.assert_array_equal(near.indices, np.flatnonzero(scores[near.query] >= 0.7))


def test_the_last_bits_of_scores_change_nothing() -> None:
    """They differ with the number of threads; of equally near texts the same are chosen."""
    rng = np.random.default_rng(0)
    distinct = rng.normal(size=(200, 16)).astype(np.float32)
    vectors = normalize(np.repeat(distinct, 3, axis=0))  # with many ties
    everything = np.arange(len(vectors))
    graphs = []
    for _ in range(2):
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -np.inf)
        found = NeighborSearch(len(vectors), 4)
        noise = rng.normal(scale=1e-7, size=scores.shape).astype(np.float32)
        found.offer(everything, everything, scores + noise)
        graphs.append(found.graph(vectors))
    assert np.array_equal(graphs[0].indices, graphs[1].indices)
    assert np.array_equal(graphs[0].similarities, graphs[1].similarities)
