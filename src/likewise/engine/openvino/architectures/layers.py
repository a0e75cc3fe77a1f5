"""The transformer layer that families share: each says what its parts are called and how wide.

Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; gated: Shazeer 2020,
https://arxiv.org/abs/2002.05202; rotary: Su et al. 2021, https://arxiv.org/abs/2104.09864.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.layer_parameters import LayerParameterNames, LayerSizes, LinearParameters
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset
from likewise.engine.tensors import Tensors


@dataclass(frozen=True)
class Layer:
    """One layer of a checkpoint.

    Attributes:
        tensors: the checkpoint's.
        prefix: what the names of this layer's tensors begin with.
        names: and how they go on.
        sizes: its sizes.
    """

    tensors: Tensors
    prefix: str
    names: LayerParameterNames
    sizes: LayerSizes

    def linear(self, part: LinearParameters, x: ops.Node, inner: int, outer: int) -> ops.Node:
        """A linear layer, applied."""
        return ops.linear(x, *part.read(self.tensors, self.prefix, inner, outer))

    def norm(self, name: str, x: ops.Node) -> ops.Node:
        """A layer normalisation, applied."""
        return layer_norm(self.tensors, self.prefix + name, x, self.sizes)

    def attend(self, x: ops.Node, mask: ops.Node, rotation: ops.Rotation | None = None) -> ops.Node:
        """Attention of every token to those the mask leaves."""
        names, size = self.names, self.sizes
        query, key, value = (
            ops.split_heads(self.linear(part, x, size.hidden, size.hidden), size.heads, size.head)
            for part in (names.query, names.key, names.value)
        )
        if rotation:
            query, key = ops.rotate(query, rotation), ops.rotate(key, rotation)
        attended = ops.join_heads(ops.attention(query, key, value, mask), size.hidden)
        return self.linear(names.attended, attended, size.hidden, size.hidden)

    def feed(self, x: ops.Node) -> ops.Node:
        """The two linear layers after the attention, and what lies between them."""
        names, size = self.names, self.sizes
        inner = self.linear(names.inner, x, size.hidden, size.wide)
        if names.gate is None:
            inner = ops.activation(inner, size.activation)
        else:
            gate = self.linear(names.gate, x, size.hidden, size.wide)
            inner = opset.multiply(ops.activation(gate, size.activation), inner)
        return self.linear(names.outer, inner, size.wide, size.hidden)


def layer_norm(tensors: Tensors, name: str, x: ops.Node, sizes: LayerSizes) -> ops.Node:
    """The layer normalisation of that name, applied."""
    weight = tensors(f"{name}.weight", (sizes.hidden,))
    bias = tensors(f"{name}.bias", (sizes.hidden,)) if sizes.norm_bias else None
    return ops.layer_norm(x, weight, bias, sizes.epsilon)


def post_norm(
    layer: Layer, x: ops.Node, mask: ops.Node, rotation: ops.Rotation | None = None
) -> ops.Node:
    """A layer that normalises after each sum, as BERT does."""
    names = layer.names
    x = layer.norm(names.attention_norm, opset.add(layer.attend(x, mask, rotation), x))
    return layer.norm(names.output_norm, opset.add(layer.feed(x), x))


def pre_norm(
    layer: Layer, x: ops.Node, mask: ops.Node, rotation: ops.Rotation, *, first: bool
) -> ops.Node:
    """A layer that normalises what goes into each part; the first one's input is normal already."""
    names = layer.names
    normal = x if first else layer.norm(names.attention_norm, x)
    x = opset.add(layer.attend(normal, mask, rotation), x)
    return opset.add(layer.feed(layer.norm(names.output_norm, x)), x)


def token_embeddings(
    tensors: Tensors, config: Mapping[str, Any], hidden: int, token_ids: ops.Node
) -> ops.Node:
    """The rows of the word table."""
    table = tensors("embeddings.word_embeddings.weight", (config["vocab_size"], hidden))
    return ops.embedding(table, token_ids)


def rotary_frequencies(head_size: int, base: float) -> NDArray[np.float64]:
    """Radians a token for each pair of a head: `[head size / 2]`."""
    return base ** -(np.arange(0, head_size, 2) / head_size)
