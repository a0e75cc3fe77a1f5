"""Arithmetic on vectors: similarities and distances, top-k, normalising, truncating, quantizing.

Pure functions over NumPy arrays. A matrix has one vector per row, float32 `[n, dimension]`; a
single vector `[dimension]` is treated as a matrix of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from likewise.errors import InputError, ShapeError

Matrix = NDArray[np.float32]
Precision = Literal["float32", "int8", "uint8", "binary", "ubinary"]
PRECISIONS: tuple[Precision, ...] = ("float32", "int8", "uint8", "binary", "ubinary")


def as_matrix(vectors: ArrayLike, name: str = "vectors") -> Matrix:
    """Float32 `[n, dimension]` from one vector or several.

    Raises:
        ShapeError: not numbers, or neither one- nor two-dimensional.
    """
    try:
        matrix = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"{name} cannot be read as an array of numbers: {error}",
            hint="pass float vectors of one length, such as the result of encode()",
        ) from error
    if matrix.ndim == 1:
        matrix = matrix[np.newaxis, :]
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise ShapeError(
            f"{name} has shape {list(matrix.shape)}, expected [n, dimension]",
            hint="pass one vector per row",
        )
    return matrix


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[Matrix, Matrix]:
    left, right = as_matrix(a, "a"), as_matrix(b, "b")
    if left.shape[1] != right.shape[1]:
        raise ShapeError(
            f"a has {left.shape[1]} dimensions and b has {right.shape[1]}",
            hint="compare vectors of the same model and the same truncate_dim",
        )
    return left, right


def norms(vectors: ArrayLike) -> NDArray[np.float32]:
    """Euclidean length of each row: float32 `[n]`."""
    return np.asarray(np.linalg.norm(as_matrix(vectors), axis=1), np.float32)


def normalize(vectors: ArrayLike) -> Matrix:
    """Rows scaled to length 1: float32 `[n, dimension]`. A row of zeros stays zeros."""
    matrix = as_matrix(vectors)
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(length, np.float32(1e-12)), np.float32)


def truncate(vectors: ArrayLike, dimension: int, *, renormalize: bool = True) -> Matrix:
    """The first `dimension` columns, for Matryoshka checkpoints: float32 `[n, dimension]`.

    Raises:
        ShapeError: `dimension` is not between 1 and the vectors' own.
    """
    matrix = as_matrix(vectors)
    if not 1 <= dimension <= matrix.shape[1]:
        raise ShapeError(
            f"cannot truncate {matrix.shape[1]} dimensions to {dimension}",
            hint=f"choose between 1 and {matrix.shape[1]}",
        )
    head = matrix[:, :dimension]
    return normalize(head) if renormalize else np.ascontiguousarray(head)


def dot(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Dot product of every row of a with every row of b: float32 `[n, m]`."""
    left, right = _pair(a, b)
    return np.asarray(left @ right.T, np.float32)


def cosine(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Cosine similarity of every row of a with every row of b: float32 `[n, m]`, in [-1, 1]."""
    left, right = _pair(a, b)
    return np.asarray(np.clip(normalize(left) @ normalize(right).T, -1.0, 1.0), np.float32)


def euclidean(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Euclidean distance of every row of a to every row of b: float32 `[n, m]`, 0 for the same."""
    left, right = (side.astype(np.float64) for side in _pair(a, b))
    squared = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * (left @ right.T)
    return np.asarray(np.sqrt(np.maximum(squared, 0)), np.float32)


def manhattan(a: ArrayLike, b: ArrayLike) -> Matrix:
    """Sum of absolute differences of every row of a to every row of b: float32 `[n, m]`."""
    left, right = _pair(a, b)
    result = np.empty((left.shape[0], right.shape[0]), dtype=np.float32)
    for i, row in enumerate(left):
        result[i] = np.abs(right - row).sum(axis=1)
    return result


def _negated(distance: Callable[[ArrayLike, ArrayLike], Matrix]) -> Callable[..., Matrix]:
    return lambda a, b: -distance(a, b)


SIMILARITIES: Mapping[str, Callable[[ArrayLike, ArrayLike], Matrix]] = MappingProxyType(
    {
        "cosine": cosine,
        "dot": dot,
        "euclidean": _negated(euclidean),
        "manhattan": _negated(manhattan),
    }
)
"""Similarities by name, higher is nearer: distances come negated, as in sentence-transformers."""


def similarity(a: ArrayLike, b: ArrayLike, measure: str = "cosine") -> Matrix:
    """Similarity of every row of a with every row of b: float32 `[n, m]`, higher is more similar.

    Raises:
        InputError: `measure` is none of `SIMILARITIES`.
        ShapeError: the two have different dimensions.
    """
    if measure not in SIMILARITIES:
        raise InputError(
            f"unknown similarity {measure!r}", hint="choose one of " + ", ".join(SIMILARITIES)
        )
    return SIMILARITIES[measure](a, b)


def similarity_pairwise(a: ArrayLike, b: ArrayLike, measure: str = "cosine") -> Matrix:
    """Similarity of row i of a with row i of b: float32 `[n]`, higher is more similar.

    Raises:
        ShapeError: the two have different shapes.
    """
    left, right = _pair(a, b)
    if left.shape != right.shape:
        raise ShapeError(
            f"a has {left.shape[0]} rows and b has {right.shape[0]}",
            hint="pairwise similarity needs the same number of vectors on both sides",
        )
    if measure == "cosine":
        products = normalize(left) * normalize(right)
        return np.asarray(np.clip(products.sum(axis=1), -1.0, 1.0), np.float32)
    if measure == "dot":
        return np.asarray((left * right).sum(axis=1))
    if measure == "euclidean":
        return np.asarray(-np.linalg.norm(left - right, axis=1))
    if measure == "manhattan":
        return np.asarray(-np.abs(left - right).sum(axis=1))
    raise InputError(
        f"unknown similarity {measure!r}", hint="choose one of " + ", ".join(SIMILARITIES)
    )


@dataclass(frozen=True)
class TopK:
    """The nearest columns of each row of a score matrix, best first.

    Attributes:
        indices: int64 `[n, k]`.
        scores: float32 `[n, k]`, descending.
    """

    indices: NDArray[np.int64]
    scores: Matrix


def top_k(scores: ArrayLike, k: int) -> TopK:
    """The k highest scores of each row, best first; ties in index order.

    Raises:
        InputError: k is below 1.
    """
    if k < 1:
        raise InputError(f"top_k is {k}, expected at least 1", hint="choose 1 or more")
    matrix = np.atleast_2d(np.asarray(scores, dtype=np.float32))
    k = min(k, matrix.shape[1])
    if k < matrix.shape[1] // 4:
        # every score at or above the k-th, so that ties are resolved by order
        kth = -np.partition(-matrix, k - 1, axis=1)[:, k - 1]
        picked = np.empty((matrix.shape[0], k), dtype=np.int64)
        for i, row in enumerate(matrix):
            candidates = np.flatnonzero(~(row < kth[i]))  # not `>=`: the k-th may be NaN
            picked[i] = candidates[np.argsort(-row[candidates], kind="stable")[:k]]
    else:
        picked = np.argsort(-matrix, axis=1, kind="stable")[:, :k]
    return TopK(picked, np.take_along_axis(matrix, picked, axis=1))


def _limits(matrix: Matrix, ranges: ArrayLike | None) -> Matrix:
    """Lowest and highest value of each dimension: float32 `[2, dimension]`."""
    if ranges is None:
        return np.stack([matrix.min(axis=0), matrix.max(axis=0)])
    given = as_matrix(ranges, "ranges")
    if given.shape != (2, matrix.shape[1]):
        raise ShapeError(
            f"ranges has shape {list(given.shape)}, expected [2, {matrix.shape[1]}]",
            hint="give the lowest and the highest value of each dimension",
        )
    return given


def quantize(
    vectors: ArrayLike, precision: Precision, *, ranges: ArrayLike | None = None
) -> NDArray[Any]:
    """Vectors in a smaller number format, as in sentence-transformers' `quantize_embeddings`.

    Args:
        vectors: float32 `[n, dimension]`.
        precision: `float32`, `int8`, `uint8` (one byte a dimension), `binary` or `ubinary` (one bit
            a dimension, sign of the value, packed eight to a byte and padded with zeros).
        ranges: `[2, dimension]` lowest and highest value of each dimension, for int8 and uint8;
            computed from the vectors by default.

    Raises:
        InputError: unknown precision.
        ShapeError: `ranges` does not match the vectors.
    """
    matrix = as_matrix(vectors)
    if precision == "float32":
        return matrix
    if precision in ("binary", "ubinary"):
        bits = np.packbits(matrix > 0, axis=1)
        return bits if precision == "ubinary" else (bits.astype(np.int16) - 128).astype(np.int8)
    if precision in ("int8", "uint8"):
        if matrix.shape[0] == 0:
            return matrix.astype(precision)
        low, high = _limits(matrix, ranges)
        steps = (high - low) / 255
        codes: NDArray[np.float32] = np.clip(
            np.floor((matrix - low) / np.where(steps == 0, 1, steps)), 0, 255
        )
        return codes.astype(np.uint8) if precision == "uint8" else (codes - 128).astype(np.int8)
    raise InputError(f"unknown precision {precision!r}", hint="one of " + ", ".join(PRECISIONS))
