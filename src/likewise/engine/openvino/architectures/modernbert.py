"""ModernBERT: gte-modernbert, modernbert-embed.

Rotary position embeddings; local attention in most layers; gated feed-forward blocks; pre-norm; no
biases. Warner et al. 2024, https://arxiv.org/abs/2412.13663; tensor names as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from likewise.engine.layer_parameters import (
    LayerParameterNames,
    LayerSizes,
    LinearParameters,
    refuse,
)
from likewise.engine.openvino import ops
from likewise.engine.openvino.architectures.contract import Inputs
from likewise.engine.openvino.architectures.layers import (
    Layer,
    layer_norm,
    pre_norm,
    rotary_frequencies,
)
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors

LOCAL = "sliding_attention"
GLOBAL = "full_attention"


def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
    """The hidden states of the last layer; see `GraphOutputs`."""
    sizes = LayerSizes(
        hidden_size=config["hidden_size"],
        heads=config["num_attention_heads"],
        intermediate_size=config["intermediate_size"],
        activation=config.get("hidden_activation", "gelu"),
        epsilon=config.get("norm_eps", 1e-5),
        norm_bias=config.get("norm_bias", False),
    )
    names = _names(config)
    table = tensors("embeddings.tok_embeddings.weight", (config["vocab_size"], sizes.hidden_size))
    x = ops.embedding(table, inputs.token_ids)
    x = layer_norm(tensors, "embeddings.norm", x, sizes)
    masks = {GLOBAL: inputs.mask, LOCAL: _local_mask(config, inputs)}
    rotations = {
        kind: ops.rotation(
            rotary_frequencies(sizes.head_size, _rotary_base(config, kind)),
            inputs.max_tokens,
            inputs.positions,
        )
        for kind in masks
    }
    for index, kind in enumerate(_layer_types(config)):
        layer = Layer(tensors, f"layers.{index}.", names, sizes)
        x = pre_norm(layer, x, masks[kind], rotations[kind], first=index == 0)
    return layer_norm(tensors, "final_norm", x, sizes)


def _names(config: Mapping[str, Any]) -> LayerParameterNames:
    attention_bias = config.get("attention_bias", False)
    mlp_bias = config.get("mlp_bias", False)
    return LayerParameterNames(
        query=LinearParameters("attn.Wqkv", attention_bias, 0, 3),
        key=LinearParameters("attn.Wqkv", attention_bias, 1, 3),
        value=LinearParameters("attn.Wqkv", attention_bias, 2, 3),
        attention_output=LinearParameters("attn.Wo", attention_bias),
        attention_norm="attn_norm",
        gate=LinearParameters("mlp.Wi", mlp_bias, 0, 2),
        intermediate=LinearParameters("mlp.Wi", mlp_bias, 1, 2),
        output=LinearParameters("mlp.Wo", mlp_bias),
        output_norm="mlp_norm",
    )


def _layer_types(config: Mapping[str, Any]) -> list[str]:
    """The attention type of each layer; older files give the interval of the global layers."""
    if stated := config.get("layer_types"):
        return list(stated)
    interval = config.get("global_attn_every_n_layers", 3)
    return [LOCAL if i % interval else GLOBAL for i in range(config["num_hidden_layers"])]


def _rotary_base(config: Mapping[str, Any], kind: str) -> float:
    if stated := config.get("rope_parameters"):
        refuse({"model_type": "modernbert"} | stated[kind], rope_type="default")
        return float(stated[kind]["rope_theta"])
    refuse(config, rope_scaling=None)
    if kind == GLOBAL:
        return float(config.get("global_rope_theta", 160_000.0))
    return float(config.get("local_rope_theta") or 10_000.0)


def _local_mask(config: Mapping[str, Any], inputs: Inputs) -> ops.Node:
    """The mask of local attention: only keys within half a window on either side."""
    half_window = config.get("local_attention", 128) // 2
    distance = opset.absolute(ops.distances(inputs.positions))
    near = opset.less_equal(distance, ops.constant(half_window, np.int32))
    local = opset.select(near, ops.constant(0.0), ops.constant(ops.MASKED))
    return opset.add(inputs.mask, opset.unsqueeze(local, ops.integers(1)))
