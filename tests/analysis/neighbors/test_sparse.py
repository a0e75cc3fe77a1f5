"""Outliers against distances that are computed one by one."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.analysis.neighbors.knn_graph import knn_graph
from likewise.analysis.neighbors.sparse import NEIGHBORS, sparse_rows
from likewise.errors import InputError
from likewise.vectors import normalize
from tests.analysis.neighbors.test_knn_graph import crowd


def test_the_farthest_come_first() -> None:
    vectors = crowd(400)
    found = sparse_rows(knn_graph(vectors, 25), 30)
    scores = vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(scores, -2)
    means = -np.sort(-scores, axis=1)[:, :NEIGHBORS].mean(axis=1)
    assert [each.row for each in found.rows] == np.argsort(means)[:30].tolist()
    assert found.rows[0].similarity == pytest.approx(means.min(), abs=1e-6)
    assert found.rows[0].nearest == int(scores[found.rows[0].row].argmax())
    assert found.typical == pytest.approx(float(np.median(means)), abs=1e-6)


def test_a_small_group_far_from_the_rest_is_one_group() -> None:
    chance = np.random.default_rng(0)
    crowded = np.array([1, 0, 0, 0]) + 0.1 * chance.normal(size=(50, 4))
    few = np.array([0, 1, 0, 0]) + 0.01 * chance.normal(size=(3, 4))
    alone = np.array([[0, 0, 0, 1.0]])
    vectors = normalize(np.concatenate([crowded, few, alone]).astype(np.float32))
    found = sparse_rows(knn_graph(vectors, 10), 4)
    groups = {each.row: each.group for each in found.rows}
    assert set(groups) == {50, 51, 52, 53}
    assert groups[50] == groups[51] == groups[52] != groups[53]
    assert found.rows[0].group == 0


def test_texts_that_are_far_from_each_other_are_no_group() -> None:
    chance = np.random.default_rng(0)
    crowded = np.array([1, 0, 0, 0]) + 0.1 * chance.normal(size=(50, 4))
    two = np.array([[0, 1, 0.5, 0], [0, 0.5, 1, 0]])  # each is the nearest of the other
    vectors = normalize(np.concatenate([crowded, two]).astype(np.float32))
    first, second = sparse_rows(knn_graph(vectors, 10), 2).rows
    assert {first.row, second.row} == {50, 51}
    assert (first.nearest, second.nearest) == (second.row, first.row)
    assert first.group != second.group


def test_few_texts() -> None:
    assert len(sparse_rows(knn_graph(crowd(3), 10), 50).rows) == 3
    with pytest.raises(InputError, match="no neighbors"):
        sparse_rows(knn_graph(crowd(1), 10), 50)
