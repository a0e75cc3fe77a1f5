"""Pooling and the modules after it, as graph operations."""

from __future__ import annotations

from dataclasses import dataclass

from likewise.checkpoint.config import POOLING_MODES, Dense, LayerNorm, Module, Normalize, Pooling
from likewise.checkpoint.weights import read_weights
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors
from likewise.errors import UnsupportedModelError

AFTER_NETWORK = "after_network/"
"""Prefix of the names of matrix products outside the network, which are not quantized."""


@dataclass(frozen=True)
class OutputLayout:
    """The texts of each row.

    Attributes:
        segments: int32 `[rows, length]`, index of a token's text in its row, from 1.
        positions: int32 `[rows, length]`, position of a token in its text, from 0.
        slots: int32 `[texts per row]`, counting from 1.
        prompt_tokens: int32 `[1]`, number of tokens at the start of each text that are the prompt.
    """

    segments: ops.Node
    positions: ops.Node
    slots: ops.Node
    prompt_tokens: ops.Node


def apply(module: Module, x: ops.Node, layout: OutputLayout) -> ops.Node:
    """Apply a module.

    The input of a pooling is `[rows, length, hidden size]`, of other modules `[rows, slots, size]`.

    Raises:
        UnsupportedModelError: an unknown activation or pooling.
    """
    match module:
        case Pooling(modes, include_prompt):
            pooled = [_pool(mode, x, layout, include_prompt) for mode in modes]
            return pooled[0] if len(pooled) == 1 else opset.concat(pooled, -1)
        case Normalize():
            return ops.normalize(x)
        case Dense(folder, in_features, out_features, bias, activation):
            tensors = Tensors(read_weights(folder))
            y = ops.linear(
                x,
                tensors("linear.weight", (out_features, in_features)),
                tensors("linear.bias", (out_features,)) if bias else None,
            )
            y.set_friendly_name(f"{AFTER_NETWORK}{folder.name}")
            return ops.activation(y, activation)
        case LayerNorm(folder, dimension):
            tensors = Tensors(read_weights(folder))
            weight = tensors("norm.weight", (dimension,))
            return ops.layer_norm(x, weight, tensors("norm.bias", (dimension,)), 1e-5)


def _pool(mode: str, x: ops.Node, layout: OutputLayout, include_prompt: bool) -> ops.Node:
    """One vector per text, `[rows, slots, hidden size]`: a weighted sum of its tokens' states."""
    is_member = opset.equal(
        opset.unsqueeze(layout.segments, ops.integers(1)),
        opset.unsqueeze(layout.slots, ops.integers(0, 2)),
    )  # [rows, slots, length]
    position = opset.unsqueeze(opset.convert(layout.positions, "f32"), ops.integers(1))
    first = ops.constant(0.0)
    if not include_prompt and mode != "lasttoken":
        first = opset.convert(layout.prompt_tokens, "f32")
        is_member = opset.logical_and(is_member, opset.greater_equal(position, first))
    members = opset.convert(is_member, "f32")
    count = opset.maximum(opset.reduce_sum(members, ops.integers(-1), True), ops.constant(1e-9))
    match mode:
        case "mean":
            return opset.divide(_sum(mode, members, x), count)
        case "mean_sqrt_len_tokens":
            return opset.divide(_sum(mode, members, x), opset.sqrt(count))
        case "cls":
            return _sum(mode, _where(members, opset.equal(position, first)), x)
        case "lasttoken":
            last = opset.equal(position, opset.subtract(count, ops.constant(1.0)))
            return _sum(mode, _where(members, last), x)
        case "weightedmean":
            weights = opset.multiply(members, opset.add(position, ops.constant(1.0)))
            total = opset.maximum(
                opset.reduce_sum(weights, ops.integers(-1), True), ops.constant(1e-9)
            )
            return opset.divide(_sum(mode, weights, x), total)
        case "max":
            outside = opset.unsqueeze(
                opset.select(is_member, ops.constant(0.0), ops.constant(ops.MASKED)),
                ops.integers(3),
            )
            states = opset.add(opset.unsqueeze(x, ops.integers(1)), outside)
            return opset.reduce_max(states, ops.integers(2), False)
    raise UnsupportedModelError(
        f"unknown pooling {mode!r}", hint="supported poolings: " + ", ".join(POOLING_MODES)
    )


def _sum(mode: str, weights: ops.Node, x: ops.Node) -> ops.Node:
    """The sum of the tokens' states, weighted: `[rows, slots, hidden size]`."""
    product = opset.matmul(weights, x, False, False)
    product.set_friendly_name(AFTER_NETWORK + mode)
    return product


def _where(members: ops.Node, condition: ops.Node) -> ops.Node:
    """The members that meet a condition, as weights of 0 and 1."""
    return opset.multiply(members, opset.convert(condition, "f32"))
