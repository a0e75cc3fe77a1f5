"""BERT: MiniLM, GTE small, base and large, bge, e5, LaBSE.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805; names of tensors as in transformers.
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
    refuse,
    token_embeddings,
)
from likewise.engine.architectures.shape import Inputs

NAMES = Names(
    query=Linear("attention.self.query"),
    key=Linear("attention.self.key"),
    value=Linear("attention.self.value"),
    attended=Linear("attention.output.dense"),
    attention_norm="attention.output.LayerNorm",
    inner=Linear("intermediate.dense"),
    outer=Linear("output.dense"),
    output_norm="output.LayerNorm",
)


def hidden_states(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Network`."""
    return encode(config, tensors, inputs, first_position=0)


def encode(
    config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs, *, first_position: int
) -> ops.Node:
    """The last layer's states, where a text's first token has the row `first_position`."""
    refuse(config, position_embedding_type="absolute", is_decoder=False)
    sizes = Sizes(
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        wide=config["intermediate_size"],
        activation=config["hidden_act"],
        epsilon=config.get("layer_norm_eps", 1e-12),
    )

    def table(name: str, rows: int) -> Any:
        return tensors(f"embeddings.{name}_embeddings.weight", (rows, sizes.hidden))

    words = token_embeddings(tensors, config, sizes.hidden, inputs.token_ids)
    places = table("position", config["max_position_embeddings"])[first_position:]
    types = table("token_type", config["type_vocab_size"])
    if inputs.token_types is None:  # all of type 0: its row joins the positions once and for all
        x = opset.add(words, ops.embedding(places + types[0], inputs.positions))
    else:
        x = opset.add(words, ops.embedding(places, inputs.positions))
        x = opset.add(x, ops.embedding(types, inputs.token_types))
    x = layer_norm(tensors, "embeddings.LayerNorm", x, sizes)
    for index in range(config["num_hidden_layers"]):
        x = post_norm(Layer(tensors, f"encoder.layer.{index}.", NAMES, sizes), x, inputs.mask)
    return x
