"""Samples of large corpora: what the other texts get from their neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.clustering.sampled import labels_of_all
from likewise.analysis.neighbors.knn_graph import KnnGraph, knn_graph
from likewise.analysis.neighbors.sample import Sample, sample
from likewise.analysis.projection.sampled import positions_of_all
from likewise.vectors import normalize


def groups(each: int = 300, count: int = 5) -> tuple[NDArray[Any], NDArray[np.int32]]:
    chance = np.random.default_rng(3)
    truth = np.repeat(np.arange(count, dtype=np.int32), each)
    vectors = np.eye(16)[truth] + chance.normal(scale=0.15, size=(len(truth), 16))
    order = chance.permutation(len(truth))
    return normalize(vectors.astype(np.float32))[order], truth[order]


def test_a_small_corpus_is_taken_whole() -> None:
    vectors, _ = groups()
    graph = knn_graph(vectors, 8)
    drawn = sample(vectors, graph, most=len(vectors))
    assert drawn.complete
    assert drawn.graph is graph


def test_the_others_get_the_label_of_their_neighbors() -> None:
    vectors, truth = groups()
    drawn = sample(vectors, knn_graph(vectors, 8), most=150, seed=1)
    assert len(drawn.rows) == len(set(drawn.rows.tolist())) == 150
    np.testing.assert_array_equal(drawn.vectors, vectors[drawn.rows])
    assert drawn.graph.indices.max() < 150
    found = labels_of_all(truth[drawn.rows], drawn, vectors)
    assert np.mean(found == truth) > 0.99
    np.testing.assert_array_equal(found[drawn.rows], truth[drawn.rows])
    again = sample(vectors, drawn.whole, most=150, seed=1)
    np.testing.assert_array_equal(again.rows, drawn.rows)


def chain() -> tuple[Sample, NDArray[Any]]:
    """Of seven texts the first two are in the sample; 5 and 6 have no way to them."""
    near = np.array([[1], [0], [0], [2], [3], [6], [5]], np.int32)
    whole = KnnGraph(near, np.full((7, 1), 0.5, np.float32))
    vectors = np.eye(2, dtype=np.float32)[[0, 1, 0, 0, 0, 1, 1]]
    own = KnnGraph(near[:2], np.full((2, 1), 0.5, np.float32))
    return Sample(np.arange(2), vectors[:2], own, whole), vectors


def test_one_without_a_sampled_neighbor_gets_the_nearest_center() -> None:
    drawn, vectors = chain()
    assert labels_of_all(np.array([0, 1], np.int32), drawn, vectors).tolist() == [
        0,
        1,
        0,
        0,
        0,
        1,
        1,
    ]


def test_places_spread_along_neighbors() -> None:
    drawn, _ = chain()
    placed = positions_of_all(np.array([[1, 1], [3, 5]], np.float32), drawn)
    assert placed.tolist() == [[1, 1], [3, 5], [1, 1], [1, 1], [1, 1], [2, 3], [2, 3]]


def test_a_place_is_between_the_three_nearest() -> None:
    whole = KnnGraph(
        np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [4, 0, 1]], np.int32),
        np.tile(np.array([[0.8, 0.4, 0.4]], np.float32), (6, 1)),
    )
    drawn = Sample(np.arange(4), np.eye(4, dtype=np.float32), whole, whole)
    drawn = Sample(
        drawn.rows, drawn.vectors, KnnGraph(whole.indices[:4], whole.similarities), whole
    )
    positions = np.array([[0, 0], [10, 0], [0, 10], [7, 7]], np.float32)
    placed = positions_of_all(positions, drawn)
    np.testing.assert_allclose(placed[4], [1, 1], atol=1e-5)  # weights 8 : 1 : 1
    np.testing.assert_allclose(placed[5], [5, 0], atol=1e-5)  # its nearest is not in the sample
