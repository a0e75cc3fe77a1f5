"""The modules after pooling, in NumPy, which is fast enough for a matrix of vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
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

EPSILON = 1e-5

_erf = np.vectorize(math.erf, otypes=[np.float32])


def _gelu(x: Vectors) -> Vectors:
    return np.asarray(x * (_erf(x * np.float32(math.sqrt(0.5))) + 1) / 2)


def _gelu_tanh(x: Vectors) -> Vectors:
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x**3)
    return np.asarray(x * (np.tanh(inner) + 1) / 2)


def _silu(x: Vectors) -> Vectors:
    return np.asarray(x * (np.tanh(x / 2) + 1) / 2)


ACTIVATIONS: Mapping[str, Apply] = MappingProxyType(
    {
        "gelu": _gelu,
        "gelu_new": _gelu_tanh,
        "gelu_pytorch_tanh": _gelu_tanh,
        "relu": lambda x: np.maximum(x, 0),
        "silu": _silu,
        "swish": _silu,
        "tanh": np.tanh,
        "identity": lambda x: x,
    }
)


def after_pooling(modules: tuple[Module, ...]) -> Apply:
    """All modules in order, as one function: float32 `[n, dimension]` to `[n, output dimension]`.

    Raises:
        UnsupportedModelError: an unknown activation, or a second pooling.
        DamagedFileError: weights are missing, or have a wrong shape.
    """
    functions = [_function(module) for module in modules]
    return lambda x: reduce(lambda y, apply: apply(y), functions, x)


def _function(module: Module) -> Apply:
    match module:
        case Normalize():
            return vectors.normalize
        case Dense(folder, in_features, out_features, has_bias, activation):
            activate = _activation(activation)
            tensors = Tensors(read_weights(folder))
            weight = np.ascontiguousarray(tensors("linear.weight", (out_features, in_features)).T)
            bias = tensors("linear.bias", (out_features,)) if has_bias else np.float32(0)
            return lambda x: activate(_product(x, weight) + bias)
        case LayerNorm(folder, dimension):
            tensors = Tensors(read_weights(folder))
            scale, offset = (tensors(f"norm.{name}", (dimension,)) for name in ("weight", "bias"))
            return lambda x: _standardized(x) * scale + offset
    raise UnsupportedModelError(
        f"there is a second {type(module).__name__} module",
        hint="only one pooling is supported, as the first module",
    )


def _activation(name: str) -> Apply:
    if name.lower() not in ACTIVATIONS:
        raise UnsupportedModelError(
            f"unknown activation {name!r}", hint="known: " + ", ".join(ACTIVATIONS)
        )
    return ACTIVATIONS[name.lower()]


def _product(x: Vectors, weight: Vectors) -> Vectors:
    """`x @ weight`, row by row: in a block, the order of summation depends on the position."""
    result = np.empty((len(x), weight.shape[1]), np.float32)
    for row, to in zip(x, result, strict=True):
        np.matmul(row, weight, out=to)
    return result


def _standardized(x: Vectors) -> Vectors:
    centered = x - x.mean(axis=1, keepdims=True)
    variance = np.square(centered).mean(axis=1, keepdims=True)
    return np.asarray(centered / np.sqrt(variance + np.float32(EPSILON)), np.float32)
