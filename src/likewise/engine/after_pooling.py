"""What follows a pooling, in NumPy: a matrix of vectors is too little work for an engine."""

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

BLOCK = 64
"""Rows of one product. Always as many, since a product of few rows is summed in another order, and
a text would not have the same vector alone and among others."""

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
    """All modules in their order: float32 `[n, dimension]` to `[n, another dimension]`.

    Raises:
        UnsupportedModelError: an activation that is not known, or a second pooling.
        DamagedFileError: weights are missing, or have other shapes.
    """
    applied = [_function(module) for module in modules]
    return lambda x: reduce(lambda y, apply: apply(y), applied, x)


def _function(module: Module) -> Apply:
    match module:
        case Normalize():
            return vectors.normalize
        case Dense(folder, inner, outer, bias, activation):
            act = _activation(activation)
            tensors = Tensors(read_weights(folder))
            weight = np.ascontiguousarray(tensors("linear.weight", (outer, inner)).T)
            shift = tensors("linear.bias", (outer,)) if bias else np.float32(0)
            return lambda x: act(_product(x, weight) + shift)
        case LayerNorm(folder, dimension):
            tensors = Tensors(read_weights(folder))
            scale, move = (tensors(f"norm.{part}", (dimension,)) for part in ("weight", "bias"))
            return lambda x: _normal(x) * scale + move
    raise UnsupportedModelError(
        f"{type(module).__name__} where vectors are one a text already",
        hint="a pooling comes once, and first",
    )


def _activation(name: str) -> Apply:
    if name.lower() not in ACTIVATIONS:
        raise UnsupportedModelError(
            f"unknown activation {name!r}", hint="known: " + ", ".join(ACTIVATIONS)
        )
    return ACTIVATIONS[name.lower()]


def _product(x: Vectors, weight: Vectors) -> Vectors:
    """`x @ weight`, every row the same whatever stands beside it."""
    out = np.empty((len(x), weight.shape[1]), np.float32)
    for start in range(0, len(x), BLOCK):
        rows = x[start : start + BLOCK]
        block = np.zeros((BLOCK, x.shape[1]), np.float32)
        block[: len(rows)] = rows
        out[start : start + len(rows)] = (block @ weight)[: len(rows)]
    return out


def _normal(x: Vectors) -> Vectors:
    centred = x - x.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + np.float32(EPSILON)), np.float32)
