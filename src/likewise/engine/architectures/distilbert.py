"""DistilBERT: BERT with half the layers and no token types.

Sanh et al. 2019, https://arxiv.org/abs/1910.01108; names of tensors as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openvino import opset13 as opset

from likewise.engine import ops
from likewise.engine.architectures.layers import (
    Layer,
    Linear,
    Names,
    Sizes,
    layer_norm,
    post_norm,
    token_embeddings,
)
from likewise.engine.architectures.shape import Inputs

NAMES = Names(
    query=Linear("attention.q_lin"),
    key=Linear("attention.k_lin"),
    value=Linear("attention.v_lin"),
    attended=Linear("attention.out_lin"),
    attention_norm="sa_layer_norm",
    inner=Linear("ffn.lin1"),
    outer=Linear("ffn.lin2"),
    output_norm="output_layer_norm",
)


def hidden_states(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Network`."""
    sizes = Sizes(
        hidden=config["dim"],
        heads=config["n_heads"],
        wide=config["hidden_dim"],
        activation=config["activation"],
        epsilon=1e-12,
    )
    words = token_embeddings(tensors, config, sizes.hidden, inputs.token_ids)
    places = tensors(
        "embeddings.position_embeddings.weight",
        (config["max_position_embeddings"], sizes.hidden),
    )
    x = opset.add(words, ops.embedding(places, inputs.positions))
    x = layer_norm(tensors, "embeddings.LayerNorm", x, sizes)
    for index in range(config["n_layers"]):
        x = post_norm(Layer(tensors, f"transformer.layer.{index}.", NAMES, sizes), x, inputs.mask)
    return x
