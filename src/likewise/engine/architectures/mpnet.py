"""MPNet: all-mpnet-base-v2, multi-qa-mpnet, paraphrase-mpnet.

Attention scores also get a learned number that depends on how far apart two tokens stand.
Song et al. 2020, https://arxiv.org/abs/2004.09297; names of tensors as in transformers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures.description import EncoderDescription
from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, LinearParameters
from likewise.engine.tensors import Tensors

NAMES = LayerParameterNames(
    query=LinearParameters("attention.attn.q"),
    key=LinearParameters("attention.attn.k"),
    value=LinearParameters("attention.attn.v"),
    attended=LinearParameters("attention.attn.o"),
    attention_norm="attention.LayerNorm",
    inner=LinearParameters("intermediate.dense"),
    outer=LinearParameters("output.dense"),
    output_norm="output.LayerNorm",
)

FIRST_POSITION = 2

BUCKETS = 32
FARTHEST = 128


def stack(config: Mapping[str, Any], tensors: Tensors) -> EncoderDescription:
    """The stack; see `Describe`."""
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    shape = (config.get("relative_attention_num_buckets", BUCKETS), heads)
    by_bucket = tensors("encoder.relative_attention_bias.weight", shape)
    return EncoderDescription(
        tensors,
        LayerSizes(
            hidden=hidden,
            heads=heads,
            wide=config["intermediate_size"],
            activation=config["hidden_act"],
            epsilon=config.get("layer_norm_eps", 1e-12),
        ),
        layers=config["num_hidden_layers"],
        prefix="encoder.layer.",
        names=NAMES,
        words=tensors("embeddings.word_embeddings.weight", (config["vocab_size"], hidden)),
        places=tensors(
            "embeddings.position_embeddings.weight", (config["max_position_embeddings"], hidden)
        )[FIRST_POSITION:],
        by_distance=by_bucket[buckets(np.arange(-FARTHEST, FARTHEST + 1))],
    )


def buckets(distance: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bucket of each distance: one each when near, ever wider ones farther away.

    Args:
        distance: int64, place of the key minus place of the query.
    """
    half = BUCKETS // 2
    near = half // 2
    far = np.abs(distance)
    # float32 as in the original: at the edges of buckets the last bit decides
    scale = np.log(np.maximum(far, 1).astype(np.float32) / np.float32(near))
    scale = scale / np.float32(math.log(FARTHEST / near)) * np.float32(half - near)
    wide = np.minimum(near + scale.astype(np.int64), half - 1)
    return np.asarray(np.where(far < near, far, wide) + half * (distance > 0))
