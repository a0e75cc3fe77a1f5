"""BERT: MiniLM, GTE small, base and large, bge, e5, LaBSE.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805; tensor names as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures.description import EncoderDescription, embedding_table
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
    attention_output=LinearParameters("attention.output.dense"),
    attention_norm="attention.output.LayerNorm",
    intermediate=LinearParameters("intermediate.dense"),
    output=LinearParameters("output.dense"),
    output_norm="output.LayerNorm",
)


def describe(
    config: Mapping[str, Any], tensors: Tensors, *, first_position: int = 0
) -> EncoderDescription:
    """The description; the first token of a text has the position `first_position`."""
    refuse(config, position_embedding_type="absolute", is_decoder=False)
    hidden_size = config["hidden_size"]

    def table(name: str, rows: int) -> NDArray[np.float32]:
        return embedding_table(tensors, name, rows, hidden_size)

    return EncoderDescription(
        tensors,
        LayerSizes.from_config(config),
        layers=config["num_hidden_layers"],
        prefix="encoder.layer.",
        names=NAMES,
        word_embeddings=table("word", config["vocab_size"]),
        position_embeddings=table("position", config["max_position_embeddings"])[first_position:],
        token_type_embeddings=table("token_type", config["type_vocab_size"]),
    )
