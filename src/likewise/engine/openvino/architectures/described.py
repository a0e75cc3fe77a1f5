"""The graph of an `EncoderDescription`: BERT, MPNet, RoBERTa, DistilBERT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures import EncoderArchitecture, EncoderDescription
from likewise.engine.openvino import ops
from likewise.engine.openvino.architectures.contract import Architecture, Inputs
from likewise.engine.openvino.architectures.layers import Layer, post_norm
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors


def architecture(encoder: EncoderArchitecture) -> Architecture:
    """The graph architecture of an encoder architecture."""

    def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
        return encoder_states(encoder.describe(config, tensors), inputs)

    return Architecture(hidden_states, encoder.prefixes)


def encoder_states(encoder: EncoderDescription, inputs: Inputs) -> ops.Node:
    """The hidden states of the last layer: float32 `[rows, length, hidden size]`."""
    sizes = encoder.sizes
    x = ops.embedding(encoder.word_embeddings, inputs.token_ids)
    if encoder.token_type_embeddings is None or inputs.token_types is None:
        x = opset.add(x, ops.embedding(encoder.position_and_type_embeddings, inputs.positions))
    else:
        x = opset.add(x, ops.embedding(encoder.position_embeddings, inputs.positions))
        x = opset.add(x, ops.embedding(encoder.token_type_embeddings, inputs.token_types))
    weight, bias = encoder.layer_norm(encoder.embedding_norm)
    x = ops.layer_norm(x, weight, bias, sizes.epsilon)
    mask = inputs.mask
    if (bias_table := encoder.relative_position_bias) is not None:
        mask = opset.add(mask, ops.relative_position_bias(bias_table, inputs.positions))
    for index in range(encoder.layers):
        layer = Layer(encoder.tensors, encoder.layer_prefix(index), encoder.names, sizes)
        x = post_norm(layer, x, mask)
    return x
