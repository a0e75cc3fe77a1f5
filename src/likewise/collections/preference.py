"""What is liked and disliked, as a score of vectors: pure functions on unit vectors.

A chunk scores by its similarity to what is liked. If something is disliked, a ridge regression
finds the direction that separates the two, and a chunk loses what it lacks to lie clearly on the
liked side. Both examples and their nearest neighbors train it, because one or two examples say
little about a direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from likewise import vectors

TEMPERATURE = 0.2
"""Of the soft maximum over examples: low values take the nearest example, high ones the mean."""

CLEARLY_LIKED = 0.6
"""On a scale where examples of what is liked are trained to be 1 and of what is disliked -1."""

EXPANSION = 5
EXPANSION_POWER = 3
"""A single example is replaced by the mean of itself and so many nearest neighbors, weighted by a
power of their similarity (query expansion; Radenović et al., 2019); several by fewer each."""

PSEUDO_EXAMPLES = 10
EXAMPLE_COPIES = 5
RIDGE = 3.0
"""The regression's neighbors on each side, the weight of an example among them, and its penalty."""


@dataclass(frozen=True)
class Examples:
    """What is liked, or disliked.

    Attributes:
        given: unit vectors of the examples, float32 `[n, d]`.
        neighbors: unit vectors of chunks near to them, float32 `[m, d]`.
    """

    given: NDArray[np.float32]
    neighbors: NDArray[np.float32]


def preference(
    candidates: NDArray[np.float32], liked: Examples, disliked: Examples | None
) -> NDArray[np.float32]:
    """How well candidates fit what is liked and not what is disliked: float32 `[n]`.

    Args:
        candidates: unit vectors, float32 `[n, d]`.
        liked: at least one example.
        disliked: None if nothing is.
    """
    scores = _soft_maximum(candidates @ _expanded(liked).T)
    if disliked is None:
        return scores
    direction, middle = _direction(liked, disliked)
    side = (candidates - middle) @ direction
    return np.asarray(scores + np.minimum(side - CLEARLY_LIKED, 0), np.float32)


def _soft_maximum(similarities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over the columns: float32 `[n]`."""
    raised = np.exp(similarities / TEMPERATURE).mean(axis=1)
    return np.asarray(TEMPERATURE * np.log(raised), np.float32)


def _expanded(examples: Examples) -> NDArray[np.float32]:
    """Each example moved towards its nearest neighbors: float32 `[n, d]`."""
    count = EXPANSION // len(examples.given)
    similar = np.maximum(examples.given @ examples.neighbors.T, 0)
    for row in similar:
        row[np.argsort(-row)[count:]] = 0
    return vectors.normalize(examples.given + similar**EXPANSION_POWER @ examples.neighbors)


def _direction(
    liked: Examples, disliked: Examples
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The direction from what is disliked to what is liked, and the middle between: `[d]` each."""
    sides = [_training(liked, disliked), _training(disliked, liked)]
    targets = np.repeat([1.0, -1.0], [len(side) for side in sides])
    middle = np.stack([side.mean(axis=0) for side in sides]).mean(axis=0)
    centered = np.concatenate(sides) - middle
    kernel = centered @ centered.T + RIDGE * np.eye(len(centered))
    direction = centered.T @ np.linalg.solve(kernel, targets)
    return np.asarray(direction, np.float32), middle


def _training(own: Examples, other: Examples) -> NDArray[np.float32]:
    """Examples, several times, and the neighbors that are nearer to them than to the others."""
    near = (own.neighbors @ own.given.T).max(axis=1, initial=-1)
    far = (own.neighbors @ other.given.T).max(axis=1, initial=-1)
    order = np.argsort(-near)[:PSEUDO_EXAMPLES]
    nearer = own.neighbors[order[near[order] > far[order]]]
    return np.concatenate([np.repeat(own.given, EXAMPLE_COPIES, axis=0), nearer])
