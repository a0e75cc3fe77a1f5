"""Arithmetic on vectors, against NumPy, SciPy, scikit-learn and sentence-transformers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from likewise import vectors
from likewise.errors import InputError, ShapeError

A = np.random.default_rng(1).standard_normal((40, 384)).astype(np.float32)
B = np.random.default_rng(2).standard_normal((30, 384)).astype(np.float32)
MEASURES = ("cosine", "dot", "euclidean", "manhattan")


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (vectors.euclidean, "euclidean"),
        (vectors.manhattan, "cityblock"),
        (lambda a, b: 1 - vectors.cosine(a, b), "cosine"),
        (vectors.dot, np.dot),
    ],
)
def test_matrices_are_scipys(ours: Any, name: Any) -> None:
    expected = cdist(A.astype(np.float64), B.astype(np.float64), name)
    found = ours(A, B)
    assert found.shape == (40, 30)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_similarities_are_sentence_transformers(measure: str) -> None:
    util = pytest.importorskip("sentence_transformers.util.similarity")
    function = util.SimilarityFunction
    expected = function.to_similarity_fn(measure)(A, B).numpy()
    found = vectors.similarity(A, B, measure)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    pairs = function.to_similarity_pairwise_fn(measure)(A[:30], B).numpy()
    found_pairs = vectors.similarity_pairwise(A[:30], B, measure)
    assert found_pairs.shape == (30,)
    assert found_pairs.dtype == np.float32
    np.testing.assert_allclose(found_pairs, pairs, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found_pairs, np.diag(found), rtol=1e-5, atol=1e-4)


def test_manhattan_is_scikit_learns() -> None:
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    expected = pairwise.manhattan_distances(A, B)
    np.testing.assert_allclose(vectors.manhattan(A, B), expected, rtol=1e-5)


def test_a_vector_has_no_distance_to_itself() -> None:
    rows = vectors.normalize(A)
    assert np.diag(vectors.euclidean(rows, rows)).max() < 1e-6
    assert np.diag(vectors.manhattan(rows, rows)).max() == 0
    np.testing.assert_allclose(np.diag(vectors.cosine(rows, rows)), 1, atol=1e-6)
    near = rows + np.float32(1e-4)
    exact = np.linalg.norm(rows.astype(np.float64) - near, axis=1)
    np.testing.assert_allclose(np.diag(vectors.euclidean(rows, near)), exact, rtol=1e-3)


def test_norms_and_normalize() -> None:
    np.testing.assert_allclose(vectors.norms(A), np.linalg.norm(A, axis=1), rtol=1e-6)
    np.testing.assert_allclose(vectors.norms(vectors.normalize(A)), 1, rtol=1e-6)
    assert not vectors.normalize(np.zeros((2, 3))).any()
    assert vectors.normalize(A).dtype == np.float32


def test_truncate() -> None:
    head = vectors.truncate(A, 64)
    np.testing.assert_allclose(head, vectors.normalize(A[:, :64]), rtol=1e-6)
    np.testing.assert_array_equal(vectors.truncate(A, 64, renormalize=False), A[:, :64])
    for wrong in (0, 385, -1):
        with pytest.raises(ShapeError, match=f"384 dimensions to {wrong}"):
            vectors.truncate(A, wrong)


def test_one_vector_is_a_matrix_of_one_row() -> None:
    assert vectors.cosine(A[0], B).shape == (1, 30)
    assert vectors.similarity(list(map(float, A[0])), A[0]).shape == (1, 1)
    assert vectors.norms(A[0]).shape == (1,)


def test_no_rows_are_fine() -> None:
    none = np.empty((0, 384), np.float32)
    for measure in MEASURES:
        assert vectors.similarity(none, B, measure).shape == (0, 30)
        assert vectors.similarity(A, none, measure).shape == (40, 0)
        assert vectors.similarity_pairwise(none, none, measure).shape == (0,)


# top-k


@given(
    arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 60)),
           elements=st.sampled_from([np.float32(x) for x in (-1, -0.5, 0, 0.25, 0.5, 1)])),
    st.integers(1, 70),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_top_k_is_a_stable_sort(scores: NDArray[np.float32], k: int) -> None:
    found = vectors.top_k(scores, k)
    for row, score in enumerate(scores.tolist()):
        expected = sorted(range(len(score)), key=lambda i: (-score[i], i))[:k]
        assert found.indices[row].tolist() == expected
        assert found.scores[row].tolist() == [score[i] for i in expected]


def test_top_k_of_many() -> None:
    scores = vectors.cosine(A, np.random.default_rng(3).standard_normal((5000, 384)))
    found = vectors.top_k(scores, 7)
    np.testing.assert_array_equal(found.indices, np.argsort(-scores, axis=1, kind="stable")[:, :7])
    assert found.indices.dtype == np.int64


def test_top_k_of_none() -> None:
    with pytest.raises(InputError, match="top_k is 0"):
        vectors.top_k(A, 0)
    assert vectors.top_k(np.empty((0, 5)), 3).indices.shape == (0, 3)
    assert vectors.top_k(np.empty((2, 0)), 3).indices.shape == (2, 0)


def test_a_score_that_is_no_number_comes_last() -> None:
    scores = np.array([[0.1, np.nan, 0.3] + [0.0] * 20], np.float32)
    assert vectors.top_k(scores, 2).indices.tolist() == [[2, 0]]
    assert vectors.top_k(scores, 23).indices[0, -1] == 1
    scores[0, 1:] = np.nan
    assert vectors.top_k(scores, 3).indices.tolist() == [[0, 1, 2]]


# quantizing


@pytest.mark.parametrize("precision", vectors.PRECISIONS)
@pytest.mark.parametrize("dimension", [384, 20])
def test_quantize_is_sentence_transformers(precision: Any, dimension: int) -> None:
    quantization = pytest.importorskip("sentence_transformers.util.quantization")
    matrix = A[:, :dimension].copy()
    expected = quantization.quantize_embeddings(matrix, precision)
    found = vectors.quantize(matrix, precision)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("precision", ["int8", "uint8"])
def test_quantize_by_given_ranges(precision: Any) -> None:
    quantization = pytest.importorskip("sentence_transformers.util.quantization")
    ranges = np.stack([B.min(axis=0), B.max(axis=0)])
    inside = np.clip(A, ranges[0], ranges[1])
    expected = quantization.quantize_embeddings(inside, precision, ranges=ranges)
    found = vectors.quantize(inside, precision, ranges=ranges)
    np.testing.assert_array_equal(found, expected)
    # beyond the ranges the library wraps around; here the outermost code is taken
    limits = np.iinfo(precision)
    far = vectors.quantize(np.full((1, 384), 1e6, np.float32), precision, ranges=ranges)
    assert (far == limits.max).all()
    far = vectors.quantize(np.full((1, 384), -1e6, np.float32), precision, ranges=ranges)
    assert (far == limits.min).all()


@pytest.mark.parametrize("precision", vectors.PRECISIONS)
def test_quantize_nothing(precision: Any) -> None:
    found = vectors.quantize(np.empty((0, 384), np.float32), precision)
    assert found.shape == (0, 48 if "binary" in precision else 384)


def test_quantize_refuses() -> None:
    with pytest.raises(InputError, match="unknown precision 'int4'"):
        vectors.quantize(A, "int4")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="ranges"):
        vectors.quantize(A, "int8", ranges=np.zeros((2, 3)))


# what does not fit


@pytest.mark.parametrize("measure", MEASURES)
def test_dimensions_must_agree(measure: str) -> None:
    for function in (vectors.similarity, vectors.similarity_pairwise):
        with pytest.raises(ShapeError, match="a has 384 dimensions and b has 20") as caught:
            function(A, A[:, :20], measure)
        assert caught.value.hint


def test_pairs_must_be_as_many() -> None:
    with pytest.raises(ShapeError, match="a has 40 rows and b has 30"):
        vectors.similarity_pairwise(A, B)


def test_unknown_measure() -> None:
    for function in (vectors.similarity, vectors.similarity_pairwise):
        with pytest.raises(InputError, match="unknown similarity 'hamming'") as caught:
            function(A, A, "hamming")
        assert "manhattan" in caught.value.hint


@pytest.mark.parametrize(
    "wrong",
    ["text", ["a", "b"], [[1.0], [1.0, 2.0]], np.zeros((2, 2, 2)), 3.0, [], [[]], None, [object()]],
)
def test_what_is_no_matrix(wrong: Any) -> None:
    with pytest.raises(ShapeError) as caught:
        vectors.as_matrix(wrong, "candidates")
    assert "candidates" in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message
