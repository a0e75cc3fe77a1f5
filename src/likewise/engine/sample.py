"""A small network with artificial weights, for timing number formats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from likewise.engine.architectures import EncoderDescription
from likewise.engine.architectures.bert import NAMES
from likewise.engine.layer_parameters import LayerSizes
from likewise.engine.tensors import Tensors

PERIOD = 251
"""A prime, so that adjacent rows of a weight differ."""


def sample(
    hidden_size: int, heads: int, intermediate_size: int, max_tokens: int, layers: int = 1
) -> EncoderDescription:
    """A BERT network.

    Args:
        hidden_size: size of a token's hidden state.
        heads: number of attention heads.
        intermediate_size: size of the feed-forward block.
        max_tokens: maximum length of a text.
        layers: number of layers; all have the same weights.
    """
    ones, zeros = np.ones(hidden_size, np.float32), np.zeros(hidden_size, np.float32)
    linear_layers = (
        (NAMES.query, hidden_size, hidden_size),
        (NAMES.key, hidden_size, hidden_size),
        (NAMES.value, hidden_size, hidden_size),
        (NAMES.attention_output, hidden_size, hidden_size),
        (NAMES.intermediate, intermediate_size, hidden_size),
        (NAMES.output, hidden_size, intermediate_size),
    )
    layer = {}
    for linear, out_features, in_features in linear_layers:
        layer[f"{linear.name}.weight"] = _values(out_features, in_features)
        layer[f"{linear.name}.bias"] = _values(out_features)
    for norm in (NAMES.attention_norm, NAMES.output_norm):
        layer[f"{norm}.weight"], layer[f"{norm}.bias"] = ones, zeros
    tensors = {f"layer.{i}.{name}": tensor for i in range(layers) for name, tensor in layer.items()}
    tensors |= {"norm.weight": ones, "norm.bias": zeros}
    return EncoderDescription(
        Tensors(tensors),
        LayerSizes(hidden_size, heads, intermediate_size, activation="gelu", epsilon=1e-12),
        layers=layers,
        prefix="layer.",
        names=NAMES,
        word_embeddings=_values(1, hidden_size),
        position_embeddings=_values(max_tokens, hidden_size),
        embedding_norm="norm",
    )


def _values(*shape: int) -> NDArray[np.float32]:
    """Values between -0.1 and 0.1, without NumPy's random module, which is slow to import."""
    series = (np.arange(PERIOD) * 97 % PERIOD - PERIOD // 2).astype(np.float32)
    return np.resize(series * np.float32(0.2 / PERIOD), shape)
