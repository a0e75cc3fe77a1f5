"""A cross-encoder's checkpoint to one OpenVINO graph: the network and its classification head.

Inputs as in `graph.py`, and `token_types`, int32 `[rows, length]`, if the network has them.
Output: `score`, float32 `[rows, slots, 1]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likewise.checkpoint.config import Config, Pooling
from likewise.checkpoint.weights import read_weights
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.graph import INPUTS, POOLING_INPUTS, hidden_states, parameter
from likewise.engine.openvino.pooling import OutputLayout, apply
from likewise.engine.tensors import Tensors
from likewise.errors import UnsupportedModelError
from likewise.tokenization.pair_tokenizer import has_token_types


@dataclass(frozen=True)
class Head:
    """The names of a classification head's layers.

    Attributes:
        dense: the first linear layer.
        output: the second linear layer.
        activation: between them; None is `classifier_activation` of config.json.
        norm: a layer normalization after the activation.
    """

    dense: str
    output: str
    activation: str | None = "tanh"
    norm: str | None = None


_ROBERTA_HEAD = Head("classifier.dense", "classifier.out_proj")

HEADS: Mapping[str, Head] = MappingProxyType(
    {
        "bert": Head("bert.pooler.dense", "classifier"),
        "camembert": _ROBERTA_HEAD,
        "distilbert": Head("pre_classifier", "classifier", "relu"),
        "modernbert": Head("head.dense", "classifier", None, "head.norm"),
        "mpnet": _ROBERTA_HEAD,
        "roberta": _ROBERTA_HEAD,
        "xlm-roberta": _ROBERTA_HEAD,
    }
)
"""Heads by `model_type`; tensor names as in transformers."""


def build_pairs(config: Config) -> ov.Model:
    """The graph of a cross-encoder.

    Raises:
        UnsupportedModelError: the model type is not in `HEADS`, or the checkpoint has no head or
            one with several outputs.
        DamagedFileError: the weights are missing, damaged, or do not match the config.
    """
    token_ids, segments, positions = (parameter(name, (-1, -1)) for name in INPUTS)
    slots, prompt_tokens = (parameter(name, (-1,)) for name in POOLING_INPUTS)
    parameters = [token_ids, segments, positions, slots, prompt_tokens]
    types = parameter("token_types", (-1, -1)) if has_token_types(config) else None
    if types is not None:
        parameters.append(types)
    head, tensors = _head(config), Tensors(read_weights(config.folder))
    _check(config, head, tensors)
    states = hidden_states(config, token_ids, segments, positions, types)
    mode = str(config.network.get("classifier_pooling", "cls"))
    layout = OutputLayout(segments, positions, slots, prompt_tokens)
    x = apply(Pooling((mode,)), states, layout)
    result = opset.result(_score(config, head, tensors, x))
    result.output(0).set_names({"score"})
    return ov.Model([result], parameters, config.model_type)


def _head(config: Config) -> Head:
    head = HEADS.get(config.model_type)
    if head is None:
        raise UnsupportedModelError(
            f"cross-encoders of the model type {config.model_type!r} are not supported",
            hint="supported: " + ", ".join(sorted(HEADS)),
        )
    return head


def _check(config: Config, head: Head, tensors: Tensors) -> None:
    name = f"{head.output}.weight"
    if name not in tensors:
        raise UnsupportedModelError(
            f"{config.folder} has no tensor {name!r}: it is not a cross-encoder",
            hint="load an embedding model with likewise.load; it has a method rank, too",
        )
    labels = tensors.rows(name)
    if labels != 1:
        raise UnsupportedModelError(
            f"{config.folder} gives {labels} numbers per pair",
            hint="use a cross-encoder for ranking, which gives one",
        )


def _score(config: Config, head: Head, tensors: Tensors, x: ops.Node) -> ops.Node:
    network = config.network
    hidden_size = int(network["dim"] if "dim" in network else network["hidden_size"])
    weight, bias = f"{head.dense}.weight", f"{head.dense}.bias"
    # only in ModernBERT, the bias depends on the config
    has_bias = bool(network.get("classifier_bias", False)) or head.activation is not None
    x = ops.linear(
        x,
        tensors(weight, (hidden_size, hidden_size)),
        tensors(bias, (hidden_size,)) if has_bias else None,
    )
    x = ops.activation(x, head.activation or str(network.get("classifier_activation", "gelu")))
    if head.norm:
        norm_bias = f"{head.norm}.bias"
        x = ops.layer_norm(
            x,
            tensors(f"{head.norm}.weight", (hidden_size,)),
            tensors(norm_bias, (hidden_size,)) if network.get("norm_bias", False) else None,
            float(network.get("norm_eps", 1e-5)),
        )
    return ops.linear(
        x, tensors(f"{head.output}.weight", (1, hidden_size)), tensors(f"{head.output}.bias", (1,))
    )
