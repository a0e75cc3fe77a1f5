"""Nomic BERT: nomic-embed-text v1 and v1.5.

BERT with rotary position embeddings, gated feed-forward blocks and no biases. Nussbaum et al. 2024,
https://arxiv.org/abs/2402.01613; tensor and field names as released by Nomic, or as in
transformers 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    post_norm,
    rotary_frequencies,
    token_embeddings,
    transformers_names,
)
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors

RELEASED = LayerParameterNames(
    query=LinearParameters("attn.Wqkv", False, 0, 3),
    key=LinearParameters("attn.Wqkv", False, 1, 3),
    value=LinearParameters("attn.Wqkv", False, 2, 3),
    attention_output=LinearParameters("attn.out_proj", False),
    attention_norm="norm1",
    intermediate=LinearParameters("mlp.fc11", False),
    gate=LinearParameters("mlp.fc12", False),
    output=LinearParameters("mlp.fc2", False),
    output_norm="norm2",
)
RENAMED = transformers_names(bias=False)


def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
    """The hidden states of the last layer; see `GraphOutputs`."""
    config = _with_transformers_names(config)
    sizes = LayerSizes.from_config(config)
    released = "emb_ln.weight" in tensors
    x = token_embeddings(tensors, config, sizes.hidden_size, inputs.token_ids)
    types = (config["type_vocab_size"], sizes.hidden_size)
    token_type = tensors("embeddings.token_type_embeddings.weight", types)[0]
    x = opset.add(x, ops.constant(token_type))
    x = layer_norm(tensors, "emb_ln" if released else "embeddings.LayerNorm", x, sizes)
    rotation = ops.rotation(
        rotary_frequencies(sizes.head_size, _rotary_base(config)),
        inputs.max_tokens,
        inputs.positions,
    )
    names, prefix = (RELEASED, "encoder.layers") if released else (RENAMED, "layers")
    for index in range(config["num_hidden_layers"]):
        layer = Layer(tensors, f"{prefix}.{index}.", names, sizes)
        x = post_norm(layer, x, inputs.mask, rotation)
    return x


def _with_transformers_names(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config with the field names of transformers; Nomic's release uses other names."""
    if "n_embd" not in config:
        return config
    refuse(
        config, prenorm=False, qkv_proj_bias=False, mlp_fc1_bias=False, mlp_fc2_bias=False,
        activation_function="swiglu", rotary_emb_fraction=1.0, rotary_emb_interleaved=False,
        rotary_emb_scale_base=None, rotary_scaling_factor=None, use_rms_norm=False,
    )  # fmt: skip
    return dict(config) | {
        "hidden_size": config["n_embd"],
        "num_attention_heads": config["n_head"],
        "intermediate_size": config["n_inner"],
        "num_hidden_layers": config["n_layer"],
        "hidden_act": "silu",
        "layer_norm_eps": config["layer_norm_epsilon"],
        "rope_theta": config["rotary_emb_base"],
    }


def _rotary_base(config: Mapping[str, Any]) -> float:
    rope = config.get("rope_parameters")
    if rope is None:
        return float(config.get("rope_theta", 1000.0))
    refuse({"model_type": "nomic_bert"} | rope, rope_type="default")
    return float(rope["rope_theta"])
