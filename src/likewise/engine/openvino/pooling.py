"""What follows the network in the graph: pooling, and the modules after it."""

from __future__ import annotations

from dataclasses import dataclass

from likewise.checkpoint.config import POOLING_MODES, Dense, LayerNorm, Module, Normalize, Pooling
from likewise.checkpoint.weights import read_weights
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors
from likewise.errors import UnsupportedModelError

AFTER_NETWORK = "after_network/"
"""Begins the names of the products outside the network, which are few and stay unquantized."""


@dataclass(frozen=True)
class OutputLayout:
    """Which token belongs to which text.

    Attributes:
        segments: int32 `[rows, length]`, which text of its row a token belongs to, from 1.
        positions: int32 `[rows, length]`, its place in the text, from 0.
        slots: int32 `[texts a row holds]`, counting from 1.
        prompt_tokens: int32 `[1]`, tokens of the prompt at the front of every text.
    """

    segments: ops.Node
    positions: ops.Node
    slots: ops.Node
    prompt_tokens: ops.Node


def apply(module: Module, x: ops.Node, layout: OutputLayout) -> ops.Node:
    """One module: `[rows, length, hidden]` in for a pooling, else `[rows, slots, dimension]`.

    Raises:
        UnsupportedModelError: an activation or a pooling that is not known.
    """
    match module:
        case Pooling(modes, include_prompt):
            parts = [_pool(mode, x, layout, include_prompt) for mode in modes]
            return parts[0] if len(parts) == 1 else opset.concat(parts, -1)
        case Normalize():
            return ops.normalize(x)
        case Dense(folder, inner, outer, bias, activation):
            tensors = Tensors(read_weights(folder))
            y = ops.linear(
                x,
                tensors("linear.weight", (outer, inner)),
                tensors("linear.bias", (outer,)) if bias else None,
            )
            y.set_friendly_name(f"{AFTER_NETWORK}{folder.name}")
            return ops.activation(y, activation)
        case LayerNorm(folder, dimension):
            tensors = Tensors(read_weights(folder))
            weight, shift = (tensors(f"norm.{part}", (dimension,)) for part in ("weight", "bias"))
            return ops.layer_norm(x, weight, shift, 1e-5)


def _pool(mode: str, x: ops.Node, layout: OutputLayout, include_prompt: bool) -> ops.Node:
    """One vector a text, `[rows, slots, hidden]`, each the sum of its tokens under some weights."""
    belongs = opset.equal(
        opset.unsqueeze(layout.segments, ops.integers(1)),
        opset.unsqueeze(layout.slots, ops.integers(0, 2)),
    )  # [rows, slots, length]
    place = opset.unsqueeze(opset.convert(layout.positions, "f32"), ops.integers(1))
    first = ops.constant(0.0)
    if not include_prompt and mode != "lasttoken":
        first = opset.convert(layout.prompt_tokens, "f32")
        belongs = opset.logical_and(belongs, opset.greater_equal(place, first))
    member = opset.convert(belongs, "f32")
    count = opset.maximum(opset.reduce_sum(member, ops.integers(-1), True), ops.constant(1e-9))
    match mode:
        case "mean":
            return opset.divide(_sum(mode, member, x), count)
        case "mean_sqrt_len_tokens":
            return opset.divide(_sum(mode, member, x), opset.sqrt(count))
        case "cls":
            return _sum(mode, _where(member, opset.equal(place, first)), x)
        case "lasttoken":
            last = opset.equal(place, opset.subtract(count, ops.constant(1.0)))
            return _sum(mode, _where(member, last), x)
        case "weightedmean":
            weights = opset.multiply(member, opset.add(place, ops.constant(1.0)))
            total = opset.maximum(
                opset.reduce_sum(weights, ops.integers(-1), True), ops.constant(1e-9)
            )
            return opset.divide(_sum(mode, weights, x), total)
        case "max":
            outside = opset.unsqueeze(
                opset.select(belongs, ops.constant(0.0), ops.constant(ops.MASKED)), ops.integers(3)
            )
            states = opset.add(opset.unsqueeze(x, ops.integers(1)), outside)
            return opset.reduce_max(states, ops.integers(2), False)
    raise UnsupportedModelError(
        f"unknown pooling {mode!r}", hint="known poolings: " + ", ".join(POOLING_MODES)
    )


def _sum(mode: str, weights: ops.Node, x: ops.Node) -> ops.Node:
    product = opset.matmul(weights, x, False, False)
    product.set_friendly_name(AFTER_NETWORK + mode)
    return product


def _where(member: ops.Node, chosen: ops.Node) -> ops.Node:
    return opset.multiply(member, opset.convert(chosen, "f32"))
