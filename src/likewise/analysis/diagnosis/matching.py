"""How well vectors of a file agree with vectors that a model makes of the same texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise.analysis.diagnosis.decoding import Decoding, Values

SAME = 0.995
"""Least cosine at which a row is taken as made of the same text in the same way."""


@dataclass(frozen=True)
class Agreement:
    """Vectors of a file beside those of a model.

    Attributes:
        cosines: of each row, float64 `[n]`.
        dimensions: how many of the model's dimensions are compared, from the first.
        order: the row of the texts that each vector belongs to, int64 `[n]`, where the vectors
            are in another order than the texts; None where they are not.
    """

    cosines: Values
    dimensions: int
    order: NDArray[np.int64] | None = None

    @property
    def mean(self) -> float:
        """Mean cosine."""
        return float(self.cosines.mean())


def agreement(decoding: Decoding, made: Values) -> Agreement | None:
    """Compare; None where the file has more dimensions than the model.

    Args:
        decoding: n vectors of the file.
        made: n vectors of a model, `[n, dimensions]`, not necessarily of length 1.
    """
    stored = decoding.values
    dimensions = stored.shape[1]
    if dimensions > made.shape[1]:
        return None
    made = made[:, :dimensions]
    if decoding.binary:
        stored, made = np.where(stored > 0, 1.0, -1.0), np.where(made > 0, 1.0, -1.0)
    stored, made = unit(stored), unit(made)
    cosines = np.einsum("ij,ij->i", stored, made)
    found = Agreement(cosines, dimensions)
    if cosines.mean() >= SAME or len(cosines) < 3:
        return found
    every = stored @ made.T
    order = every.argmax(axis=1)
    best = np.take_along_axis(every, order[:, None], axis=1)[:, 0]
    distinct = len(set(order.tolist())) > len(order) / 2
    if distinct and best.mean() > cosines.mean() + 0.1 and np.median(best) >= 0.9:
        return Agreement(best, dimensions, order)
    return found


def unit(vectors: Values) -> Values:
    """The same at length 1; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)
