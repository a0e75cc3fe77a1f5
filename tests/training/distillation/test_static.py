"""A static model is near to its teacher, and every library reads it alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import InputError
from likewise.training.distillation.static_model import (
    distill_static,
    static_tokenizer,
    write_static,
)
from likewise.training.distillation.static_table import (
    fit_table,
    frequency_weights,
    mean_matrix,
    principal_directions,
    rank_weights,
    unit,
    with_lengths,
)
from likewise.training.general import groups

TEXTS = [text for group in groups() for text in (group.sentence, group.paraphrase)]


def test_the_fit_solves_the_ridge_regression() -> None:
    random = np.random.default_rng(0)
    rows = [random.integers(0, 12, random.integers(1, 6)).tolist() for _ in range(60)]
    means = mean_matrix(rows, 15)
    dense = means.toarray()
    assert dense.sum(axis=1) == pytest.approx(1)
    assert dense[0, rows[0][0]] == pytest.approx(rows[0].count(rows[0][0]) / len(rows[0]))
    target = random.standard_normal((60, 4)).astype(np.float32)
    first = random.standard_normal((15, 4)).astype(np.float32)
    found = fit_table(first, means, target, ridge=0.1)
    mean = dense @ first
    scaled = first * ((mean * target).sum() / (mean * mean).sum())
    gram = dense.T @ dense + 0.1 * np.eye(15)
    expected = scaled + np.linalg.solve(gram, dense.T @ (target - dense @ scaled))
    np.testing.assert_allclose(found, expected, atol=2e-3)
    np.testing.assert_allclose(found[13:], scaled[13:], rtol=1e-5)  # in no text


def test_means_are_as_long_as_their_targets() -> None:
    random = np.random.default_rng(1)
    means = mean_matrix([random.integers(0, 12, size).tolist() for size in (1, 5, 40)], 12)
    table = random.standard_normal((12, 4)).astype(np.float32)
    target = random.standard_normal((3, 4)).astype(np.float32)
    scaled = with_lengths(means, table, target) @ table
    lengths = np.linalg.norm(scaled, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(target, axis=1), rtol=1e-5)
    np.testing.assert_allclose(unit(scaled), unit(means @ table), atol=1e-5)


def test_weights_fall_with_frequency() -> None:
    counts = np.array([0, 1, 100, 10_000])
    weights = frequency_weights(counts)
    assert weights[0] == weights[1]
    assert weights[1] > weights[2] > weights[3] > 0
    assert np.all(np.diff(rank_weights(100)) > 0)


def test_principal_directions_keep_dot_products() -> None:
    random = np.random.default_rng(0)
    vectors = (random.standard_normal((50, 3)) @ random.standard_normal((3, 8))).astype(np.float32)
    found = principal_directions(vectors, 3)
    np.testing.assert_allclose(found.T @ found, np.eye(3), atol=1e-5)
    reduced = vectors @ found
    np.testing.assert_allclose(reduced @ reduced.T, vectors @ vectors.T, rtol=1e-3, atol=1e-3)


@pytest.fixture(scope="module")
def written(encoder: likewise.Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    targets = encoder.encode(TEXTS)
    write_static(distill_static(encoder, TEXTS, targets), folder, encoder)
    return folder


@pytest.mark.slow
def test_near_to_its_teacher_and_read_alike(
    written: Path, encoder: likewise.Encoder, sentence_transformer: Callable[[Path], Any]
) -> None:
    student = likewise.load(written)
    assert (student.runtime, student.dimension) == ("table", encoder.dimension)
    mine = student.encode(TEXTS)
    theirs = sentence_transformer(written).encode(TEXTS)
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
    cosine = (unit(mine) * encoder.encode(TEXTS)).sum(axis=1).mean()
    assert cosine > 0.9
    bare = distill_static(encoder, dimension=64)
    assert (bare.dimension, bare.fitted) == (64, 0)


def test_tokens_of_a_text(encoder: likewise.Encoder) -> None:
    ids = static_tokenizer(encoder.config).encode(TEXTS[0], add_special_tokens=False).ids
    assert ids == encoder.token_ids(TEXTS[0])[1:-1]
    np.testing.assert_allclose(encoder.encode_tokens([ids])[0], encoder.encode(TEXTS[0]), atol=1e-6)
    with pytest.raises(InputError, match="not in the vocabulary"):
        encoder.encode_tokens([[encoder.vocabulary_size]])


def test_refused(encoder: likewise.Encoder) -> None:
    with pytest.raises(InputError, match="384 dimensions"):
        distill_static(encoder, dimension=385)
