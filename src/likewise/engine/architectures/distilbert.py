"""DistilBERT: BERT with half the layers and no token types.

Sanh et al. 2019, https://arxiv.org/abs/1910.01108; tensor names as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures.description import EncoderDescription, embedding_table
from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, LinearParameters
from likewise.engine.tensors import Tensors

NAMES = LayerParameterNames(
    query=LinearParameters("attention.q_lin"),
    key=LinearParameters("attention.k_lin"),
    value=LinearParameters("attention.v_lin"),
    attention_output=LinearParameters("attention.out_lin"),
    attention_norm="sa_layer_norm",
    intermediate=LinearParameters("ffn.lin1"),
    output=LinearParameters("ffn.lin2"),
    output_norm="output_layer_norm",
)


def describe(config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
    """The description; see `Describe`."""
    hidden_size = config["dim"]
    return EncoderDescription(
        tensors,
        LayerSizes(
            hidden_size=hidden_size,
            heads=config["n_heads"],
            intermediate_size=config["hidden_dim"],
            activation=config["activation"],
            epsilon=1e-12,
        ),
        layers=config["n_layers"],
        prefix="transformer.layer.",
        names=NAMES,
        word_embeddings=embedding_table(tensors, "word", config["vocab_size"], hidden_size),
        position_embeddings=embedding_table(
            tensors, "position", config["max_position_embeddings"], hidden_size
        ),
    )
