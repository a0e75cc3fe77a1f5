"""BERT: MiniLM, GTE small, base and large, bge, e5, LaBSE.

Devlin et al. 2019, https://arxiv.org/abs/1810.04805; names of tensors as in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openvino import opset13 as opset

from likewise.engine import ops
from likewise.engine.architectures.shape import Inputs
from likewise.errors import UnsupportedModelError


def hidden_states(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    """The last layer's states; see `Architecture`."""
    kind = config.get("position_embedding_type", "absolute")
    if kind != "absolute":
        raise UnsupportedModelError(
            f"BERT with position_embedding_type {kind!r} is not known here",
            hint="absolute positions are",
        )
    x = _embeddings(config, tensors, inputs)
    for layer in range(config["num_hidden_layers"]):
        x = _layer(config, tensors, f"encoder.layer.{layer}.", x, inputs.mask)
    return x


def _embeddings(config: Mapping[str, Any], tensors: ops.Tensors, inputs: Inputs) -> ops.Node:
    hidden = config["hidden_size"]

    def table(name: str, rows: int) -> Any:
        return tensors(f"embeddings.{name}_embeddings.weight", (rows, hidden))

    words = ops.embedding(table("word", config["vocab_size"]), inputs.token_ids)
    # every token is of type 0, so its row is added to the positions once and for all
    places = table("position", config["max_position_embeddings"])
    places = places + table("token_type", config["type_vocab_size"])[0]
    x = opset.add(words, ops.embedding(places, inputs.positions))
    return _layer_norm(config, tensors, "embeddings.LayerNorm", x)


def _layer(
    config: Mapping[str, Any], tensors: ops.Tensors, name: str, x: ops.Node, mask: ops.Node
) -> ops.Node:
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]

    def linear(part: str, source: ops.Node, inner: int, outer: int) -> ops.Node:
        weight = tensors(f"{name}{part}.weight", (outer, inner))
        return ops.linear(source, weight, tensors(f"{name}{part}.bias", (outer,)))

    query, key, value = (
        ops.split_heads(linear(f"attention.self.{part}", x, hidden, hidden), heads, hidden // heads)
        for part in ("query", "key", "value")
    )
    attended = ops.join_heads(ops.attention(query, key, value, mask), hidden)
    attended = linear("attention.output.dense", attended, hidden, hidden)
    x = _layer_norm(config, tensors, f"{name}attention.output.LayerNorm", opset.add(attended, x))
    inner = ops.activation(linear("intermediate.dense", x, hidden, wide), config["hidden_act"])
    outer = linear("output.dense", inner, wide, hidden)
    return _layer_norm(config, tensors, f"{name}output.LayerNorm", opset.add(outer, x))


def _layer_norm(
    config: Mapping[str, Any], tensors: ops.Tensors, name: str, x: ops.Node
) -> ops.Node:
    shape = (config["hidden_size"],)
    weight, bias = tensors(f"{name}.weight", shape), tensors(f"{name}.bias", shape)
    return ops.layer_norm(x, weight, bias, config.get("layer_norm_eps", 1e-12))
