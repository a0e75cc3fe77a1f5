"""Vectors of an answer in the number format that the client names."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

EmbeddingType = Literal["float", "base64", "int8", "uint8", "binary", "ubinary"]

RANGE = 8.0
"""Standard deviations of a normalized vector's values that int8 covers."""


def formatted(matrix: NDArray[np.float32], kind: EmbeddingType) -> list[str] | NDArray[Any]:
    """Vectors in a number format.

    int8 and uint8 use one step for all dimensions and all texts, `8 / sqrt(dimension) / 127` of the
    vector's length, so that codes of different requests compare, and their cosine is that of the
    vectors. Ranges that are measured on the texts of a request, as is usual for a whole corpus,
    would make the codes of a text depend on the texts beside it; a single text has no range.

    Args:
        matrix: float32 `[n, dimension]`.
        kind: `base64` is that of float32 in little-endian order; `binary` and `ubinary` have one
            bit for each dimension.
    """
    if kind == "float":
        return matrix
    if kind == "base64":
        return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in matrix]
    if kind in ("binary", "ubinary"):
        return vectors.quantize(matrix, kind)
    dimension = matrix.shape[1]
    step = RANGE / np.sqrt(dimension) / 127
    limits = np.array([[-128.5 * step], [126.5 * step]], np.float32).repeat(dimension, axis=1)
    return vectors.quantize(vectors.normalize(matrix), kind, ranges=limits)
