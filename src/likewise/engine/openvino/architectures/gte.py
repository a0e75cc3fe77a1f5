"""GTE v1.5 and multilingual: gte-multilingual-base, in the format of transformers 5.

BERT with rotary position embeddings and gated feed-forward blocks. Zhang et al. 2024, https://arxiv.org/abs/2407.19669;
tensor names as released by Alibaba, or as in transformers 5.
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
    query=LinearParameters("attention.qkv_proj", True, 0, 3),
    key=LinearParameters("attention.qkv_proj", True, 1, 3),
    value=LinearParameters("attention.qkv_proj", True, 2, 3),
    attention_output=LinearParameters("attention.o_proj"),
    attention_norm="attn_ln",
    intermediate=LinearParameters("mlp.up_gate_proj", False, 0, 2),
    gate=LinearParameters("mlp.up_gate_proj", False, 1, 2),
    output=LinearParameters("mlp.down_proj"),
    output_norm="mlp_ln",
)
RENAMED = transformers_names(bias=True)


def hidden_states(config: Mapping[str, Any], tensors: Tensors, inputs: Inputs) -> ops.Node:
    """The hidden states of the last layer; see `GraphOutputs`."""
    sizes = LayerSizes.from_config(config)
    rope = config["rope_parameters"]
    refuse({"model_type": "gte"} | rope, rope_type="default")
    x = token_embeddings(tensors, config, sizes.hidden_size, inputs.token_ids)
    if types := config["type_vocab_size"]:
        table = tensors("embeddings.token_type_embeddings.weight", (types, sizes.hidden_size))
        x = opset.add(x, ops.constant(table[0]))
    x = layer_norm(tensors, "embeddings.LayerNorm", x, sizes)
    rotation = ops.rotation(
        rotary_frequencies(sizes.head_size, float(rope["rope_theta"])),
        inputs.max_tokens,
        inputs.positions,
    )
    released = "encoder.layer.0.attention.qkv_proj.weight" in tensors
    names, prefix = (RELEASED, "encoder.layer") if released else (RENAMED, "layers")
    for index in range(config["num_hidden_layers"]):
        layer = Layer(tensors, f"{prefix}.{index}.", names, sizes)
        x = post_norm(layer, x, inputs.mask, rotation)
    return x
