"""DistilBERT: BERT with half the layers and no token types.

Sanh et al. 2019, https://arxiv.org/abs/1910.01108; names of tensors as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures.description import EncoderDescription
from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, LinearParameters
from likewise.engine.tensors import Tensors

NAMES = LayerParameterNames(
    query=LinearParameters("attention.q_lin"),
    key=LinearParameters("attention.k_lin"),
    value=LinearParameters("attention.v_lin"),
    attended=LinearParameters("attention.out_lin"),
    attention_norm="sa_layer_norm",
    inner=LinearParameters("ffn.lin1"),
    outer=LinearParameters("ffn.lin2"),
    output_norm="output_layer_norm",
)


def stack(config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
    """The stack; see `Describe`."""
    hidden = config["dim"]
    return EncoderDescription(
        tensors,
        LayerSizes(
            hidden=hidden,
            heads=config["n_heads"],
            wide=config["hidden_dim"],
            activation=config["activation"],
            epsilon=1e-12,
        ),
        layers=config["n_layers"],
        prefix="transformer.layer.",
        names=NAMES,
        words=tensors("embeddings.word_embeddings.weight", (config["vocab_size"], hidden)),
        places=tensors(
            "embeddings.position_embeddings.weight", (config["max_position_embeddings"], hidden)
        ),
    )
