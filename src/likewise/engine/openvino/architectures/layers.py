"""The transformer layer that all architectures share, with their own parameter names and sizes.

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
        tensors: the checkpoint's tensors.
        prefix: prefix of this layer's tensor names.
        names: names of the layer's parameters, after the prefix.
        sizes: sizes of the layer.
    """

    tensors: Tensors
    prefix: str
    names: LayerParameterNames
    sizes: LayerSizes

    def linear(
        self, parameters: LinearParameters, x: ops.Node, in_features: int, out_features: int
    ) -> ops.Node:
        """Apply a linear layer."""
        return ops.linear(x, *parameters.read(self.tensors, self.prefix, in_features, out_features))

    def norm(self, name: str, x: ops.Node) -> ops.Node:
        """Apply a layer normalization."""
        return layer_norm(self.tensors, self.prefix + name, x, self.sizes)

    def attend(self, x: ops.Node, mask: ops.Node, rotation: ops.Rotation | None = None) -> ops.Node:
        """Multi-head self-attention."""
        names, sizes = self.names, self.sizes
        query, key, value = (
            ops.split_heads(
                self.linear(projection, x, sizes.hidden_size, sizes.hidden_size),
                sizes.heads,
                sizes.head_size,
            )
            for projection in (names.query, names.key, names.value)
        )
        if rotation:
            query, key = ops.rotate(query, rotation), ops.rotate(key, rotation)
        context = ops.join_heads(ops.attention(query, key, value, mask), sizes.hidden_size)
        return self.linear(names.attention_output, context, sizes.hidden_size, sizes.hidden_size)

    def feed_forward(self, x: ops.Node) -> ops.Node:
        """The feed-forward block, gated or not."""
        names, sizes = self.names, self.sizes
        intermediate = self.linear(
            names.intermediate, x, sizes.hidden_size, sizes.intermediate_size
        )
        if names.gate is None:
            intermediate = ops.activation(intermediate, sizes.activation)
        else:
            gate = self.linear(names.gate, x, sizes.hidden_size, sizes.intermediate_size)
            intermediate = opset.multiply(ops.activation(gate, sizes.activation), intermediate)
        return self.linear(names.output, intermediate, sizes.intermediate_size, sizes.hidden_size)


def transformers_names(*, bias: bool) -> LayerParameterNames:
    """The names in transformers 5 of a post-norm layer with gated feed-forward block.

    Args:
        bias: whether the linear layers have biases, except `intermediate` and `gate`.
    """
    return LayerParameterNames(
        query=LinearParameters("self_attn.q_proj", bias),
        key=LinearParameters("self_attn.k_proj", bias),
        value=LinearParameters("self_attn.v_proj", bias),
        attention_output=LinearParameters("self_attn.o_proj", bias),
        attention_norm="post_attention_layernorm",
        intermediate=LinearParameters("mlp.up_proj", False),
        gate=LinearParameters("mlp.gate_proj", False),
        output=LinearParameters("mlp.down_proj", bias),
        output_norm="post_mlp_layernorm",
    )


def layer_norm(tensors: Tensors, name: str, x: ops.Node, sizes: LayerSizes) -> ops.Node:
    """Apply the layer normalization with that name."""
    weight = tensors(f"{name}.weight", (sizes.hidden_size,))
    bias = tensors(f"{name}.bias", (sizes.hidden_size,)) if sizes.norm_bias else None
    return ops.layer_norm(x, weight, bias, sizes.epsilon)


def post_norm(
    layer: Layer, x: ops.Node, mask: ops.Node, rotation: ops.Rotation | None = None
) -> ops.Node:
    """A layer with normalization after each residual sum, as in BERT."""
    names = layer.names
    x = layer.norm(names.attention_norm, opset.add(layer.attend(x, mask, rotation), x))
    return layer.norm(names.output_norm, opset.add(layer.feed_forward(x), x))


def pre_norm(
    layer: Layer, x: ops.Node, mask: ops.Node, rotation: ops.Rotation, *, first: bool
) -> ops.Node:
    """A layer with normalization before each block.

    The input of the first layer is normalized already.
    """
    names = layer.names
    normalized = x if first else layer.norm(names.attention_norm, x)
    x = opset.add(layer.attend(normalized, mask, rotation), x)
    return opset.add(layer.feed_forward(layer.norm(names.output_norm, x)), x)


def token_embeddings(
    tensors: Tensors, config: Mapping[str, Any], hidden_size: int, token_ids: ops.Node
) -> ops.Node:
    """The word embeddings of the tokens."""
    table = tensors("embeddings.word_embeddings.weight", (config["vocab_size"], hidden_size))
    return ops.embedding(table, token_ids)


def rotary_frequencies(head_size: int, base: float) -> NDArray[np.float64]:
    """Radians per position for each pair of dimensions of a head: `[head size / 2]`."""
    return base ** -(np.arange(0, head_size, 2) / head_size)
