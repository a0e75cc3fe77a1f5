"""What follows a pooling, in NumPy: a matrix of vectors is too little work for an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from likewise import vectors
from likewise.checkpoint.config import Dense, LayerNorm, Module, Normalize
from likewise.checkpoint.weights import read_weights
from likewise.engine.tensors import Tensors
from likewise.errors import UnsupportedModelError

Vectors: TypeAlias = NDArray[np.float32]
Apply: TypeAlias = Callable[[Vectors], Vectors]

ACTIVATIONS: dict[str, Apply] = {
    "identity": lambda x: x,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
}
EPSILON = 1e-5


def module_function(module: Module) -> Apply:
    """One module: float32 `[n, dimension]` to the same of another dimension.

    Raises:
        UnsupportedModelError: it is not known here.
        DamagedFileError: its weights are missing, or have other shapes.
    """
    match module:
        case Normalize():
            return vectors.normalize
        case Dense(folder, inner, outer, bias, activation) if activation.lower() in ACTIVATIONS:
            tensors = Tensors(read_weights(folder))
            weight = tensors("linear.weight", (outer, inner)).T
            shift = tensors("linear.bias", (outer,)) if bias else np.float32(0)
            act = ACTIVATIONS[activation.lower()]
            return lambda x: act(x @ weight + shift)
        case LayerNorm(folder, dimension):
            tensors = Tensors(read_weights(folder))
            scale, move = (tensors(f"norm.{part}", (dimension,)) for part in ("weight", "bias"))
            return lambda x: _normal(x) * scale + move
    raise UnsupportedModelError(f"not known here: {module}", hint="OpenVINO runs it")


def _normal(x: Vectors) -> Vectors:
    centred = x - x.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + np.float32(EPSILON)), np.float32)
