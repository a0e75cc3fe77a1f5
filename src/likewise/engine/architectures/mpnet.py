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
    query=Linear("attention.attn.q"),
    key=Linear("attention.attn.k"),
    value=Linear("attention.attn.v"),
    attended=Linear("attention.attn.o"),
    attention_norm="attention.LayerNorm",
    inner=Linear("intermediate.dense"),
    outer=Linear("output.dense"),
    output_norm="output.LayerNorm",
)

FIRST_POSITION = 2
"""Positions are counted from the padding token's id + 1, which the family fixes to 1 + 1."""

BUCKETS = 32
FARTHEST = 128
"""Tokens that stand farther apart than this fall into the last bucket."""


def hidden_states(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Network`."""
    sizes = Sizes(
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        wide=config["intermediate_size"],
        activation=config["hidden_act"],
        epsilon=config.get("layer_norm_eps", 1e-12),
    )
    words = token_embeddings(tensors, config, sizes.hidden, inputs.token_ids)
    places = tensors(
        "embeddings.position_embeddings.weight",
        (config["max_position_embeddings"], sizes.hidden),
    )[FIRST_POSITION:]
    x = opset.add(words, ops.embedding(places, inputs.positions))
    x = layer_norm(tensors, "embeddings.LayerNorm", x, sizes)
    mask = opset.add(inputs.mask, _position_bias(config, tensors, inputs))
    for index in range(config["num_hidden_layers"]):
        x = post_norm(Layer(tensors, f"encoder.layer.{index}.", NAMES, sizes), x, mask)
    return x


def _position_bias(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    """Float32 `[rows, heads, length, length]`, from a table with one column a distance."""
    shape = (config.get("relative_attention_num_buckets", BUCKETS), config["num_attention_heads"])
    by_bucket = tensors("encoder.relative_attention_bias.weight", shape)
    by_distance = by_bucket[buckets(np.arange(-FARTHEST, FARTHEST + 1))]
    clipped = opset.clamp(
        opset.convert(ops.distances(inputs.positions), "f32"), -float(FARTHEST), float(FARTHEST)
    )
    column = opset.convert(opset.add(clipped, ops.constant(float(FARTHEST))), "i32")
    bias = opset.gather(ops.constant(by_distance.T), column, ops.scalar(1))
    return opset.transpose(bias, ops.integers(1, 0, 2, 3))


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
