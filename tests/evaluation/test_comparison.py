"""Two texts are compared by every measure, as in scipy, and token by token."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial import distance

import likewise
from likewise.errors import TextError
from likewise.evaluation import compare, compare_tokens

A, B = "A man is eating food.", "Someone eats a meal."


def test_measures_equal_scipy(encoder: likewise.Encoder) -> None:
    result = compare(encoder, A, B)
    a, b = encoder.encode([A, B]).astype(np.float64)
    assert result.cosine == pytest.approx(1 - distance.cosine(a, b), abs=1e-6)
    assert result.dot == pytest.approx(a @ b, abs=1e-6)
    assert result.euclidean == pytest.approx(distance.euclidean(a, b), abs=1e-5)
    assert result.manhattan == pytest.approx(distance.cityblock(a, b), abs=1e-4)
    assert (result.norm_a, result.norm_b) == pytest.approx((1, 1), abs=1e-6)
    assert result.dimension == 384
    assert (result.tokens_a.kept, result.tokens_b.kept) == (8, 7)


def test_truncation_is_in_the_json(encoder: likewise.Encoder) -> None:
    result = compare(encoder, "word " * 300, B)
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["tokens_a"] == {"seen": 302, "kept": 256, "cut": 46, "exact": True}
    assert plain["cosine"] == result.cosine


def test_equal_texts_have_a_cosine_of_1(encoder: likewise.Encoder) -> None:
    result = compare(encoder, A, A)
    assert result.cosine == pytest.approx(1, abs=1e-6)
    assert result.euclidean == pytest.approx(0, abs=1e-3)


def test_special_tokens_are_left_out(encoder: likewise.Encoder) -> None:
    result = compare_tokens(encoder, A, "He eats [SEP]")
    assert result.tokens_a == ("a", "man", "is", "eating", "food", ".")
    assert result.tokens_b == ("he", "eats", "[SEP]")
    states = [encoder.token_embeddings(text)[0][1:-1] for text in (A, "He eats [SEP]")]
    expected = 1 - distance.cdist(*states, "cosine")
    np.testing.assert_allclose(result.matrix, expected, atol=1e-5)
    row = result.matrix[result.tokens_a.index("eating")]
    assert result.tokens_b[int(row.argmax())] == "eats"


def test_long_and_empty_texts_compare_token_by_token(encoder: likewise.Encoder) -> None:
    assert compare_tokens(encoder, "", B).matrix.shape == (0, 5)
    result = compare_tokens(encoder, "word " * 300, B)
    assert result.matrix.shape == (len(result.tokens_a), 5) == (254, 5)


def test_invalid_texts_are_refused(encoder: likewise.Encoder) -> None:
    with pytest.raises(TextError, match="lone surrogate"):
        compare(encoder, A, "x\ud800")
    with pytest.raises(TextError, match="lone surrogate"):
        compare_tokens(encoder, A, "x\ud800")
