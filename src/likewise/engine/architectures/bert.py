"""BERT: MiniLM, GTE small, base and large, bge, e5, LaBSE.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805; names of tensors as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from likewise.engine.architectures.description import EncoderDescription
from likewise.engine.layer_parameters import (
    LayerParameterNames,
    LayerSizes,
    LinearParameters,
    refuse,
)
from likewise.engine.tensors import Tensors

NAMES = LayerParameterNames(
    query=LinearParameters("attention.self.query"),
    key=LinearParameters("attention.self.key"),
    value=LinearParameters("attention.self.value"),
    attended=LinearParameters("attention.output.dense"),
    attention_norm="attention.output.LayerNorm",
    inner=LinearParameters("intermediate.dense"),
    outer=LinearParameters("output.dense"),
    output_norm="output.LayerNorm",
)


def stack(
    config: Mapping[str, Any], tensors: Tensors, *, first_position: int = 0
) -> EncoderDescription:
    """The stack, where a text's first token has the row `first_position`; see `Describe`."""
    refuse(config, position_embedding_type="absolute", is_decoder=False)
    hidden = config["hidden_size"]

    def table(name: str, rows: int) -> Any:
        return tensors(f"embeddings.{name}_embeddings.weight", (rows, hidden))

    return EncoderDescription(
        tensors,
        LayerSizes(
            hidden=hidden,
            heads=config["num_attention_heads"],
            wide=config["intermediate_size"],
            activation=config["hidden_act"],
            epsilon=config.get("layer_norm_eps", 1e-12),
        ),
        layers=config["num_hidden_layers"],
        prefix="encoder.layer.",
        names=NAMES,
        words=table("word", config["vocab_size"]),
        places=table("position", config["max_position_embeddings"])[first_position:],
        types=table("token_type", config["type_vocab_size"]),
    )
