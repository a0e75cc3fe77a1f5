"""MPNet: all-mpnet-base-v2, multi-qa-mpnet, paraphrase-mpnet.

A learned bias that depends on the relative position of two tokens is added to attention scores.
Song et al. 2020, https://arxiv.org/abs/2004.09297; tensor names as in transformers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures.description import EncoderDescription, embedding_table
from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, LinearParameters
from likewise.engine.tensors import Tensors

NAMES = LayerParameterNames(
    query=LinearParameters("attention.attn.q"),
    key=LinearParameters("attention.attn.k"),
    value=LinearParameters("attention.attn.v"),
    attention_output=LinearParameters("attention.attn.o"),
    attention_norm="attention.LayerNorm",
    intermediate=LinearParameters("intermediate.dense"),
    output=LinearParameters("output.dense"),
    output_norm="output.LayerNorm",
)

FIRST_POSITION = 2

BUCKETS = 32
MAX_DISTANCE = 128


def describe(config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
    """The description; see `Describe`."""
    hidden_size, heads = config["hidden_size"], config["num_attention_heads"]
    shape = (config.get("relative_attention_num_buckets", BUCKETS), heads)
    bias_by_bucket = tensors("encoder.relative_attention_bias.weight", shape)
    return EncoderDescription(
        tensors,
        LayerSizes.from_config(config),
        layers=config["num_hidden_layers"],
        prefix="encoder.layer.",
        names=NAMES,
        word_embeddings=embedding_table(tensors, "word", config["vocab_size"], hidden_size),
        position_embeddings=embedding_table(
            tensors, "position", config["max_position_embeddings"], hidden_size
        )[FIRST_POSITION:],
        relative_position_bias=bias_by_bucket[
            relative_position_bucket(np.arange(-MAX_DISTANCE, MAX_DISTANCE + 1))
        ],
    )


def relative_position_bucket(distance: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bucket of each distance: exact for small distances, logarithmic for larger ones.

    Args:
        distance: int64, position of the key minus position of the query.
    """
    per_sign = BUCKETS // 2
    exact = per_sign // 2
    size = np.abs(distance)
    # float32 as in transformers: at the bucket boundaries the last bit decides
    scale = np.log(np.maximum(size, 1).astype(np.float32) / np.float32(exact))
    scale = scale / np.float32(math.log(MAX_DISTANCE / exact)) * np.float32(per_sign - exact)
    logarithmic = np.minimum(exact + scale.astype(np.int64), per_sign - 1)
    return np.asarray(np.where(size < exact, size, logarithmic) + per_sign * (distance > 0))
