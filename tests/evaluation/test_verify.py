"""Smaller number formats are compared with float32; every missed limit is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

import likewise
from likewise.errors import InputError
from likewise.evaluation.rated import RATED_PAIRS
from likewise.evaluation.verify import LIMITS, verify

TESTED = pytest.mark.parametrize("compute", LIMITS)


class ChangedEncoder:
    """A model whose vectors are changed by a function."""

    def __init__(self, model: likewise.Encoder, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.model, self.change = model, change
        self.vectors = np.empty((0, model.dimension), np.float32)

    def encode(self, texts: list[str]) -> np.ndarray:
        self.vectors = np.concatenate([self.vectors, self.model.encode(texts)])
        return self.change(self.vectors.copy())[-len(texts) :]


@TESTED
def test_real_models_pass(
    encoder: likewise.Encoder, request: pytest.FixtureRequest, compute: str
) -> None:
    result = verify(encoder, request.getfixturevalue(f"encoder_{compute}"), compute)
    assert result.shortfalls == ()
    assert result.cosine_mean < 1  # it is not float32 compared with itself
    assert json.loads(json.dumps(result.to_dict()))["passed"] is True


def test_rated_scores_equal_scipy(
    encoder: likewise.Encoder, encoder_int8: likewise.Encoder
) -> None:
    result = verify(encoder, encoder_int8, "int8")
    ratings = [pair.rating for pair in RATED_PAIRS]
    for model, found in ((encoder, result.rated_float32), (encoder_int8, result.rated)):
        first = model.encode([pair.first for pair in RATED_PAIRS])
        second = model.encode([pair.second for pair in RATED_PAIRS])
        expected = 100 * spearmanr((first * second).sum(axis=1), ratings).statistic
        assert found == pytest.approx(expected, abs=0.5)
    assert result.rated_delta == result.rated - result.rated_float32


def test_the_ratings_are_plausible(encoder: likewise.Encoder) -> None:
    assert len(RATED_PAIRS) == 60
    assert all(0 <= pair.rating <= 5 for pair in RATED_PAIRS)
    assert verify(encoder, encoder, "int8").rated > 80


def noise(scale: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: x + np.random.default_rng(0).normal(scale=scale, size=x.shape)


def one_not_finite(x: np.ndarray) -> np.ndarray:
    x[3, 5] = np.nan
    return x


@TESTED
@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (noise(0.03), ("mean cosine", "lowest cosine", "rank agreement")),
        (one_not_finite, ("1 of 264 vectors",)),
        (np.zeros_like, ("mean cosine", "lowest cosine", "rank agreement", "rated pairs")),
        (lambda x: x * np.where(np.arange(len(x)) == 7, -1, 1)[:, None], ("lowest cosine",)),
    ],
)
def test_missed_limits_are_reported(
    encoder: likewise.Encoder, compute: str, change: Any, reasons: tuple[str, ...]
) -> None:
    result = verify(encoder, ChangedEncoder(encoder, change), compute)
    for reason in reasons:
        assert any(reason in shortfall for shortfall in result.shortfalls), result.shortfalls
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["passed"] is False


def test_unknown_number_formats_are_refused(encoder: likewise.Encoder) -> None:
    with pytest.raises(InputError, match="float16"):
        verify(encoder, encoder, "float16")
