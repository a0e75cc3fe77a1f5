"""Nomic BERT: nomic-embed-text v1 and v1.5.

BERT with rotary positions, gated layers and no biases. Nussbaum et al. 2024,
https://arxiv.org/abs/2402.01613; tensors and fields are called as Nomic released them, or as
transformers 5 has them.
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
)
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors

RELEASED = LayerParameterNames(
    query=LinearParameters("attn.Wqkv", False, 0, 3),
    key=LinearParameters("attn.Wqkv", False, 1, 3),
    value=LinearParameters("attn.Wqkv", False, 2, 3),
    attended=LinearParameters("attn.out_proj", False),
    attention_norm="norm1",
    inner=LinearParameters("mlp.fc11", False),
    gate=LinearParameters("mlp.fc12", False),
    outer=LinearParameters("mlp.fc2", False),
    output_norm="norm2",
)
RENAMED = LayerParameterNames(
    query=LinearParameters("self_attn.q_proj", False),
    key=LinearParameters("self_attn.k_proj", False),
    value=LinearParameters("self_attn.v_proj", False),
    attended=LinearParameters("self_attn.o_proj", False),
    attention_norm="post_attention_layernorm",
    inner=LinearParameters("mlp.up_proj", False),
    gate=LinearParameters("mlp.gate_proj", False),
    outer=LinearParameters("mlp.down_proj", False),
    output_norm="post_mlp_layernorm",
)


def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Network`."""
    config = _in_one_notation(config)
    sizes = LayerSizes(
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        wide=config["intermediate_size"],
        activation=config["hidden_act"],
        epsilon=config.get("layer_norm_eps", 1e-12),
    )
    released = "emb_ln.weight" in tensors
    words = token_embeddings(tensors, config, sizes.hidden, inputs.token_ids)
    types = (config["type_vocab_size"], sizes.hidden)
    kind = tensors("embeddings.token_type_embeddings.weight", types)[0]
    x = opset.add(words, ops.constant(kind))
    x = layer_norm(tensors, "emb_ln" if released else "embeddings.LayerNorm", x, sizes)
    rotation = ops.rotation(
        rotary_frequencies(sizes.head, _rotary_base(config)), inputs.max_tokens, inputs.positions
    )
    names, prefix = (RELEASED, "encoder.layers") if released else (RENAMED, "layers")
    for index in range(config["num_hidden_layers"]):
        layer = Layer(tensors, f"{prefix}.{index}.", names, sizes)
        x = post_norm(layer, x, inputs.mask, rotation)
    return x


def _in_one_notation(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields as transformers calls them; released checkpoints call some of them otherwise."""
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
    stated = config.get("rope_parameters")
    if stated is None:
        return float(config.get("rope_theta", 1000.0))
    refuse({"model_type": "nomic_bert"} | stated, rope_type="default")
    return float(stated["rope_theta"])
