"""DistilBERT: BERT with half the layers and no token types.

Sanh et al. 2019, https://arxiv.org/abs/1910.01108; names of tensors as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.parts import Linear, Names, Sizes
from likewise.engine.stacks.shape import Stack
from likewise.engine.tensors import Tensors

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


def stack(config: Mapping[str, Any], tensors: Tensors) -> Stack:
    """The stack; see `Describe`."""
    hidden = config["dim"]
    return Stack(
        tensors,
        Sizes(
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
