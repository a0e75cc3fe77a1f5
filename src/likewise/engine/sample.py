"""A small network with made-up weights, on which number formats are timed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures import EncoderDescription
from likewise.engine.architectures.bert import NAMES
from likewise.engine.layer_parameters import LayerSizes
from likewise.engine.tensors import Tensors

PERIOD = 251
"""A prime, so that the made-up numbers of neighbouring rows differ."""


def sample(hidden: int, heads: int, wide: int, tokens: int, layers: int = 1) -> EncoderDescription:
    """Layers as BERT has them.

    Args:
        hidden: numbers a token.
        heads: attention heads.
        wide: numbers a token between the two linear layers after the attention.
        tokens: tokens of a text at most.
        layers: how many, all with the same weights.
    """
    ones, zeros = np.ones(hidden, np.float32), np.zeros(hidden, np.float32)
    parts = (
        (NAMES.query, hidden, hidden),
        (NAMES.key, hidden, hidden),
        (NAMES.value, hidden, hidden),
        (NAMES.attended, hidden, hidden),
        (NAMES.inner, wide, hidden),
        (NAMES.outer, hidden, wide),
    )
    one = {}
    for part, outer, inner in parts:
        one[f"{part.name}.weight"] = _numbers(outer, inner)
        one[f"{part.name}.bias"] = _numbers(outer)
    for norm in (NAMES.attention_norm, NAMES.output_norm):
        one[f"{norm}.weight"], one[f"{norm}.bias"] = ones, zeros
    tensors = {f"layer.{i}.{name}": tensor for i in range(layers) for name, tensor in one.items()}
    tensors |= {"norm.weight": ones, "norm.bias": zeros}
    return EncoderDescription(
        Tensors(tensors),
        LayerSizes(hidden=hidden, heads=heads, wide=wide, activation="gelu", epsilon=1e-12),
        layers=layers,
        prefix="layer.",
        names=NAMES,
        words=_numbers(1, hidden),
        places=_numbers(tokens, hidden),
        norm="norm",
    )


def _numbers(*shape: int) -> NDArray[np.float32]:
    """Numbers between -0.1 and 0.1; made without a generator, whose import takes longer."""
    series = (np.arange(PERIOD) * 97 % PERIOD - PERIOD // 2).astype(np.float32)
    return np.resize(series * np.float32(0.2 / PERIOD), shape)
