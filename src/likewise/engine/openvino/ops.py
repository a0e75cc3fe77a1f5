"""The operations that all architectures are built from, on top of OpenVINO's opset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from likewise.engine.openvino.bindings import opset, ov
from likewise.errors import UnsupportedModelError

Node: TypeAlias = ov.Node | ov.Output

MASKED = -1e9
"""Added to the attention scores of masked pairs of tokens; its exponential is 0."""

_ACTIVATIONS = {
    "gelu": lambda x: opset.gelu(x, "ERF"),
    "gelu_new": lambda x: opset.gelu(x, "TANH"),
    "gelu_pytorch_tanh": lambda x: opset.gelu(x, "TANH"),
    "relu": opset.relu,
    "silu": opset.swish,
    "swish": opset.swish,
    "tanh": opset.tanh,
    "identity": lambda x: x,
}


@dataclass(frozen=True)
class Rotation:
    """Cosine and sine of every token's angles: float32 `[rows, 1, length, head size]` each."""

    cosine: Node
    sine: Node


def constant(value: Any, dtype: Any = np.float32) -> Node:
    """A constant; large arrays are shared, not copied."""
    array = np.ascontiguousarray(value, dtype=dtype)
    return opset.constant(array, shared_memory=array.size > 1024)


def integers(*values: int) -> Node:
    """A list of int64."""
    return opset.constant(np.array(values, dtype=np.int64))


def scalar(value: int) -> Node:
    """One int64."""
    return opset.constant(np.int64(value))


def linear(x: Node, weight: NDArray[np.float32], bias: NDArray[np.float32] | None) -> Node:
    """The product x · weightᵀ + bias, with the weight `[out, in]` as PyTorch stores it."""
    product = opset.matmul(x, constant(weight), False, True)
    return product if bias is None else opset.add(product, constant(bias))


def layer_norm(
    x: Node, weight: NDArray[np.float32], bias: NDArray[np.float32] | None, epsilon: float
) -> Node:
    """Layer normalization over the last axis."""
    scaled = opset.multiply(
        opset.mvn(x, integers(-1), True, epsilon, "INSIDE_SQRT"), constant(weight)
    )
    return scaled if bias is None else opset.add(scaled, constant(bias))


def activation(x: Node, name: str) -> Node:
    """An activation by its name in config.json.

    Raises:
        UnsupportedModelError: the name is unknown.
    """
    apply = _ACTIVATIONS.get(name.lower())
    if apply is None:
        raise UnsupportedModelError(
            f"unknown activation {name!r}", hint="known: " + ", ".join(_ACTIVATIONS)
        )
    return apply(x)


def embedding(table: NDArray[np.float32], ids: Node) -> Node:
    """Rows of a table `[n, hidden size]` by int32 ids."""
    return opset.gather(constant(table), ids, scalar(0))


def split_heads(x: Node, heads: int, head_size: int) -> Node:
    """`[rows, length, heads · head_size]` to `[rows, heads, length, head_size]`."""
    return opset.transpose(
        opset.reshape(x, integers(0, 0, heads, head_size), True), integers(0, 2, 1, 3)
    )


def join_heads(x: Node, hidden_size: int) -> Node:
    """The inverse of `split_heads`."""
    return opset.reshape(
        opset.transpose(x, integers(0, 2, 1, 3)), integers(0, 0, hidden_size), True
    )


def rotate(x: Node, rotation: Rotation) -> Node:
    """Apply rotary position embeddings to `[rows, heads, length, head_size]`.

    A pair of dimensions is one dimension of each half.
    """
    first, second = opset.split(x, scalar(3), 2).outputs()
    rotated = opset.concat([opset.negative(second), first], 3)
    return opset.add(opset.multiply(x, rotation.cosine), opset.multiply(rotated, rotation.sine))


def rotation(frequencies: NDArray[np.float64], max_tokens: int, positions: Node) -> Rotation:
    """The rotations of rotary position embeddings.

    They are looked up in tables, so that they are exact in every number format.

    Args:
        frequencies: `[head size / 2]`, radians per position.
        max_tokens: maximum number of tokens of a text.
        positions: int32 `[rows, length]`, position in the text, from 0.
    """
    angles = np.arange(max_tokens)[:, None] * np.tile(frequencies, 2)
    cosine, sine = (
        opset.unsqueeze(embedding(table.astype(np.float32), positions), integers(1))
        for table in (np.cos(angles), np.sin(angles))
    )
    return Rotation(cosine, sine)


def distances(positions: Node) -> Node:
    """Position of the key minus position of the query: int32 `[rows, length, length]`."""
    return opset.subtract(
        opset.unsqueeze(positions, integers(1)), opset.unsqueeze(positions, integers(2))
    )


def relative_position_bias(table: NDArray[np.float32], positions: Node) -> Node:
    """The bias of attention scores by relative position: float32 `[rows, heads, length, length]`.

    Args:
        table: `[2 · max distance + 1, heads]`, from the distance `-max distance` on.
        positions: int32 `[rows, length]`, position in the text.
    """
    max_distance = float(len(table) // 2)
    clipped = opset.clamp(opset.convert(distances(positions), "f32"), -max_distance, max_distance)
    index = opset.convert(opset.add(clipped, constant(max_distance)), "i32")
    bias = opset.gather(constant(table.T), index, scalar(1))
    return opset.transpose(bias, integers(1, 0, 2, 3))


def attention(query: Node, key: Node, value: Node, mask: Node) -> Node:
    """Softmax(q · kᵀ / √head_size + mask) · v, each `[rows, heads, length, head_size]`."""
    return opset.scaled_dot_product_attention(query, key, value, mask)


def segment_mask(segments: Node) -> Node:
    """Additive mask `[rows, 1, length, length]`: tokens attend only within their own segment."""
    same = opset.equal(
        opset.unsqueeze(segments, integers(2)), opset.unsqueeze(segments, integers(1))
    )
    additive = opset.select(same, constant(0.0), constant(MASKED))
    return opset.unsqueeze(additive, integers(1))


def normalize(x: Node, axis: Literal[-1] = -1) -> Node:
    """Scaled to length 1."""
    return opset.normalize_l2(x, integers(axis), 1e-24, "max")
