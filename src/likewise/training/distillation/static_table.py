"""A static model of another one: a table of token vectors whose mean is close to its vectors.

The table starts as in model2vec (https://github.com/MinishLab/model2vec): the model's vector of
every token alone, with the weights of smooth inverse frequency (Arora et al., 2017). It is then
fitted to the model's vectors of texts, as in tokenlearn, but as one linear problem instead of by
steps: the mean is linear in the table, so that a ridge regression towards the first table is
exact, and conjugate gradients solve it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder
from likewise.extras import require
from likewise.progress import Progress
from likewise.vectors import normalize

SIF = 1e-4
"""Smooth inverse frequency: a token that is this share of all has half a rare one's weight."""

RIDGE = 0.02
"""Pull towards the first table, in texts that consist of the token alone."""

SECOND_RIDGE = 1.0
"""The same of the second fit, which begins with the table of the first one."""

ITERATIONS = 40

TOLERANCE = 1e-3
"""Of the residual, relative to the first one."""


def token_vectors(encoder: Encoder, progress: Progress | None = None) -> NDArray[np.float32]:
    """The vector of every token of the vocabulary alone: float32 `[vocabulary, dimension]`."""
    return encoder.encode_tokens(
        [[token] for token in range(encoder.vocabulary_size)], progress=progress
    )


def frequency_weights(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Weights of tokens by how often they occur: float32 `[vocabulary]`, rare tokens near 1.

    Tokens that do not occur are weighted as if they occurred once.

    Args:
        counts: occurrences of each token, int64 `[vocabulary]`.
    """
    share = np.maximum(counts, 1) / max(int(counts.sum()), 1)
    return np.asarray(SIF / (SIF + share), np.float32)


def rank_weights(vocabulary: int) -> NDArray[np.float32]:
    """The same without texts: the vocabulary is taken to be sorted by frequency, after Zipf."""
    inverse = 1 / np.arange(2, vocabulary + 2)
    return np.asarray(SIF / (SIF + inverse / inverse.sum()), np.float32)


def mean_matrix(rows: Sequence[Sequence[int]], vocabulary: int) -> Any:
    """A sparse matrix `[texts, vocabulary]` that takes the mean of the token vectors of texts."""
    sparse: Any = require("scipy.sparse", "train")
    lengths = np.array([len(row) for row in rows])
    tokens = np.fromiter((token for row in rows for token in row), np.int64, int(lengths.sum()))
    values = np.repeat(1 / np.maximum(lengths, 1), lengths).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    matrix = sparse.csr_matrix((values, tokens, starts), shape=(len(rows), vocabulary))
    matrix.sum_duplicates()
    return matrix


def with_lengths(means: Any, table: NDArray[np.float32], target: NDArray[np.float32]) -> Any:
    """Rows of `means`, scaled so that the mean of each text by the table is as long as its target.

    Only directions count in the end. The mean of a long text is short, and a fit to its target
    alone would spend the table on its length.

    Args:
        means: sparse `[texts, vocabulary]`.
        table: float32 `[vocabulary, d]`.
        target: vectors of the texts, float32 `[texts, d]`.
    """
    sparse: Any = require("scipy.sparse", "train")
    found = np.linalg.norm(means @ table, axis=1)
    factors = np.linalg.norm(target, axis=1) / np.maximum(found, 1e-6)
    return (sparse.diags(factors.astype(np.float32)) @ means).tocsr()


def fit_table(
    first: NDArray[np.float32],
    means: Any,
    target: NDArray[np.float32],
    *,
    ridge: float = RIDGE,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """The table whose means are nearest to the vectors of texts: float32 `[vocabulary, d]`.

    Args:
        first: the table to start from, float32 `[vocabulary, d]`; tokens that occur in no text
            keep its vectors.
        means: sparse `[texts, vocabulary]`, from `mean_matrix`.
        target: vectors of the texts, float32 `[texts, d]`.
        ridge: pull towards the first table.
        progress: called with the number of iterations that are finished.
    """
    bar = progress or Progress()
    first = first * _best_scale(means @ first, target)
    transposed = means.T.tocsr()
    diagonal = np.asarray(means.multiply(means).sum(axis=0), np.float32).ravel() + ridge
    change = np.zeros_like(first)
    residual = transposed @ (target - means @ first)
    start = np.linalg.norm(residual)
    direction = residual / diagonal[:, np.newaxis]
    product = np.einsum("ij,ij->j", residual, direction)
    for _ in range(ITERATIONS):
        applied = transposed @ (means @ direction) + ridge * direction
        step = product / np.maximum(np.einsum("ij,ij->j", direction, applied), 1e-30)
        change += step * direction
        residual -= step * applied
        bar(1)
        if np.linalg.norm(residual) <= TOLERANCE * start:
            break
        conditioned = residual / diagonal[:, np.newaxis]
        following = np.einsum("ij,ij->j", residual, conditioned)
        direction = conditioned + following / np.maximum(product, 1e-30) * direction
        product = following
    return np.asarray(first + change, np.float32)


def principal_directions(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """The directions that hold most of the vectors: float32 `[d, dimension]`, orthonormal.

    Vectors are not centered, so that dot products, and with them cosines, change least.
    """
    covariance = vectors.T @ vectors
    _, directions = np.linalg.eigh(covariance.astype(np.float64))
    return np.ascontiguousarray(directions[:, ::-1][:, :dimension], np.float32)


def _best_scale(means: NDArray[np.float32], target: NDArray[np.float32]) -> float:
    """The factor that brings means nearest to their targets."""
    square = float(np.einsum("ij,ij->", means, means))
    return float(np.einsum("ij,ij->", means, target)) / square if square else 1.0


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1."""
    return normalize(vectors)
