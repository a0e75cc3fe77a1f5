"""GTE v1.5 and multilingual: gte-multilingual-base, in the form that transformers 5 has of them.

BERT with rotary positions and gated layers. Zhang et al. 2024, https://arxiv.org/abs/2407.19669;
tensors are called as Alibaba released them, or as transformers 5 has them.
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
    query=LinearParameters("attention.qkv_proj", True, 0, 3),
    key=LinearParameters("attention.qkv_proj", True, 1, 3),
    value=LinearParameters("attention.qkv_proj", True, 2, 3),
    attended=LinearParameters("attention.o_proj"),
    attention_norm="attn_ln",
    inner=LinearParameters("mlp.up_gate_proj", False, 0, 2),
    gate=LinearParameters("mlp.up_gate_proj", False, 1, 2),
    outer=LinearParameters("mlp.down_proj"),
    output_norm="mlp_ln",
)
RENAMED = LayerParameterNames(
    query=LinearParameters("self_attn.q_proj"),
    key=LinearParameters("self_attn.k_proj"),
    value=LinearParameters("self_attn.v_proj"),
    attended=LinearParameters("self_attn.o_proj"),
    attention_norm="post_attention_layernorm",
    inner=LinearParameters("mlp.up_proj", False),
    gate=LinearParameters("mlp.gate_proj", False),
    outer=LinearParameters("mlp.down_proj"),
    output_norm="post_mlp_layernorm",
)


def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Network`."""
    sizes = LayerSizes(
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        wide=config["intermediate_size"],
        activation=config["hidden_act"],
        epsilon=config.get("layer_norm_eps", 1e-12),
    )
    stated = config["rope_parameters"]
    refuse({"model_type": "gte"} | stated, rope_type="default")
    x = token_embeddings(tensors, config, sizes.hidden, inputs.token_ids)
    if types := config["type_vocab_size"]:
        table = tensors("embeddings.token_type_embeddings.weight", (types, sizes.hidden))
        x = opset.add(x, ops.constant(table[0]))
    x = layer_norm(tensors, "embeddings.LayerNorm", x, sizes)
    rotation = ops.rotation(
        rotary_frequencies(sizes.head, float(stated["rope_theta"])),
        inputs.max_tokens,
        inputs.positions,
    )
    released = "encoder.layer.0.attention.qkv_proj.weight" in tensors
    names, prefix = (RELEASED, "encoder.layer") if released else (RENAMED, "layers")
    for index in range(config["num_hidden_layers"]):
        layer = Layer(tensors, f"{prefix}.{index}.", names, sizes)
        x = post_norm(layer, x, inputs.mask, rotation)
    return x
