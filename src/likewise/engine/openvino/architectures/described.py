"""The graph of a stack: BERT, MPNet, RoBERTa, DistilBERT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures import EncoderDescription, Family
from likewise.engine.openvino import ops
from likewise.engine.openvino.architectures.contract import Architecture, Inputs
from likewise.engine.openvino.architectures.layers import Layer, post_norm
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors


def architecture(family: Family) -> Architecture:
    """A family of stacks as one of graphs."""

    def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
        return stack_states(family.stack(config, tensors), inputs)

    return Architecture(hidden_states, family.prefixes)


def stack_states(stack: EncoderDescription, inputs: Inputs) -> ops.Node:
    """The last layer's states of a stack: float32 `[rows, length, hidden size]`."""
    sizes = stack.sizes
    x = ops.embedding(stack.words, inputs.token_ids)
    if stack.types is None or inputs.token_types is None:
        x = opset.add(x, ops.embedding(stack.places_alone, inputs.positions))
    else:
        x = opset.add(x, ops.embedding(stack.places, inputs.positions))
        x = opset.add(x, ops.embedding(stack.types, inputs.token_types))
    weight, bias = stack.normal(stack.norm)
    x = ops.layer_norm(x, weight, bias, sizes.epsilon)
    mask = inputs.mask
    if stack.by_distance is not None:
        mask = opset.add(mask, ops.by_distance(stack.by_distance, inputs.positions))
    for index in range(stack.layers):
        x = post_norm(Layer(stack.tensors, stack.layer(index), stack.names, sizes), x, mask)
    return x
