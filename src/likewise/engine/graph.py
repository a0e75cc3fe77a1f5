"""A checkpoint to one OpenVINO graph: the network, and the modules that follow it.

Inputs: `token_ids`, `segments` (which text of its row a token belongs to, from 1; 0 is padding) and
`positions`, int32 `[rows, length]`, and `slots`, int32 `[texts a row holds]`, counting from 1.
Output: `embedding`, float32 `[rows, slots, dimension]`, or `token_states`, float32
`[rows, length, hidden]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as opset

from likewise.checkpoint.config import (
    POOLING_MODES,
    Config,
    Dense,
    LayerNorm,
    Module,
    Normalize,
    Pooling,
)
from likewise.checkpoint.weights import read_weights
from likewise.engine import ops
from likewise.engine.architectures import ARCHITECTURES, Inputs
from likewise.errors import DamagedFileError, UnsupportedModelError

AFTER_NETWORK = "after_network/"
"""Begins the names of the products outside the network, which are few and stay unquantized."""

INPUTS = ("token_ids", "segments", "positions")


def build(config: Config, *, pooled: bool = True) -> ov.Model:
    """The graph of a checkpoint, with one vector a text or, not `pooled`, one state a token.

    Raises:
        UnsupportedModelError: no file here knows the family or a variant of it.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """
    architecture = ARCHITECTURES.get(config.model_type)
    if architecture is None:
        raise UnsupportedModelError(
            f"unknown architecture {config.model_type!r} in {config.folder / 'config.json'}",
            hint="known: " + ", ".join(sorted(ARCHITECTURES)),
        )
    token_ids, segments, positions = (_parameter(name, (-1, -1)) for name in INPUTS)
    inputs = Inputs(token_ids, positions, ops.segment_mask(segments), config.max_tokens)
    tensors = ops.Tensors(read_weights(config.folder), architecture.prefixes)
    try:
        x = architecture.hidden_states(config.network, tensors, inputs)
    except KeyError as error:
        raise DamagedFileError(
            f"{config.folder / 'config.json'} lacks the field {error}",
            hint="download the checkpoint again",
        ) from error
    parameters = [token_ids, segments, positions]
    if pooled:
        slots = _parameter("slots", (-1,))
        parameters.append(slots)
        for module in config.modules:
            x = _apply(module, x, segments, positions, slots)
    result = opset.result(x)
    result.output(0).set_names({"embedding" if pooled else "token_states"})
    return ov.Model([result], parameters, config.model_type)


def _parameter(name: str, shape: tuple[int, ...]) -> Any:
    parameter = opset.parameter(list(shape), np.int32, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _apply(
    module: Module, x: ops.Node, segments: ops.Node, positions: ops.Node, slots: ops.Node
) -> ops.Node:
    match module:
        case Pooling(modes):
            parts = [_pool(mode, x, segments, positions, slots) for mode in modes]
            return parts[0] if len(parts) == 1 else opset.concat(parts, -1)
        case Normalize():
            return ops.normalize(x)
        case Dense(folder, _, _, bias, activation):
            tensors = read_weights(folder)
            y = ops.linear(x, tensors["linear.weight"], tensors["linear.bias"] if bias else None)
            y.set_friendly_name(f"{AFTER_NETWORK}{folder.name}")
            return ops.activation(y, activation)
        case LayerNorm(folder, _):
            tensors = read_weights(folder)
            return ops.layer_norm(x, tensors["norm.weight"], tensors["norm.bias"], 1e-5)


def _pool(
    mode: str, x: ops.Node, segments: ops.Node, positions: ops.Node, slots: ops.Node
) -> ops.Node:
    """One vector a text, `[rows, slots, hidden]`, each the sum of its tokens under some weights."""
    belongs = opset.equal(
        opset.unsqueeze(segments, ops.integers(1)), opset.unsqueeze(slots, ops.integers(0, 2))
    )  # [rows, slots, length]
    member = opset.convert(belongs, "f32")
    place = opset.unsqueeze(opset.convert(positions, "f32"), ops.integers(1))
    count = opset.maximum(opset.reduce_sum(member, ops.integers(-1), True), ops.constant(1e-9))
    match mode:
        case "mean":
            return opset.divide(_sum(mode, member, x), count)
        case "mean_sqrt_len_tokens":
            return opset.divide(_sum(mode, member, x), opset.sqrt(count))
        case "cls":
            return _sum(mode, _where(member, opset.equal(place, ops.constant(0.0))), x)
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
