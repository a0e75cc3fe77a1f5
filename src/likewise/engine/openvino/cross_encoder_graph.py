"""A cross-encoder's checkpoint to one OpenVINO graph: the network, and the head on its first token.

Inputs as in `graph.py`, and `token_types`, int32 `[rows, length]`, where the network
has them. Output: `score`, float32 `[rows, slots, 1]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from likewise.checkpoint.config import Config, Pooling
from likewise.checkpoint.weights import read_weights
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.graph import INPUTS, POOLING_INPUTS, network_states, parameter
from likewise.engine.openvino.pooling import OutputLayout, apply
from likewise.engine.tensors import Tensors
from likewise.errors import UnsupportedModelError
from likewise.tokenization.pair_tokenizer import has_token_types


@dataclass(frozen=True)
class Head:
    """How a family turns a pair's state into a score.

    Attributes:
        dense: name of the inner linear layer.
        out: name of the outer one.
        activation: between them; None is the config's `classifier_activation`.
        norm: name of a layer normalisation after it.
    """

    dense: str
    out: str
    activation: str | None = "tanh"
    norm: str | None = None


_ON_TOP = Head("classifier.dense", "classifier.out_proj")

HEADS: Mapping[str, Head] = MappingProxyType(
    {
        "bert": Head("bert.pooler.dense", "classifier"),
        "camembert": _ON_TOP,
        "distilbert": Head("pre_classifier", "classifier", "relu"),
        "modernbert": Head("head.dense", "classifier", None, "head.norm"),
        "mpnet": _ON_TOP,
        "roberta": _ON_TOP,
        "xlm-roberta": _ON_TOP,
    }
)
"""Heads by the family that `config.json` names, as transformers calls their tensors."""


def build_pairs(config: Config) -> ov.Model:
    """The graph of a cross-encoder.

    Raises:
        UnsupportedModelError: its family has no row in `HEADS`, it has no head, or gives several
            numbers a pair.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """
    token_ids, segments, positions = (parameter(name, (-1, -1)) for name in INPUTS)
    slots, prompt_tokens = (parameter(name, (-1,)) for name in POOLING_INPUTS)
    parameters = [token_ids, segments, positions, slots, prompt_tokens]
    types = parameter("token_types", (-1, -1)) if has_token_types(config) else None
    if types is not None:
        parameters.append(types)
    head, tensors = _head(config), Tensors(read_weights(config.folder))
    _check(config, head, tensors)
    states = network_states(config, token_ids, segments, positions, types)
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
            f"no cross-encoder of the family {config.model_type!r} is known here",
            hint="known: " + ", ".join(sorted(HEADS)),
        )
    return head


def _check(config: Config, head: Head, tensors: Tensors) -> None:
    name = f"{head.out}.weight"
    if name not in tensors:
        raise UnsupportedModelError(
            f"{config.folder} has no tensor {name!r}: it is no cross-encoder",
            hint="a model of sentence vectors is loaded with likewise.load, and ranks as well",
        )
    labels = tensors.rows(name)
    if labels != 1:
        raise UnsupportedModelError(
            f"{config.folder} gives {labels} numbers a pair",
            hint="use a cross-encoder for ranking, which gives one",
        )


def _score(config: Config, head: Head, tensors: Tensors, x: ops.Node) -> ops.Node:
    network = config.network
    hidden = int(network["dim"] if "dim" in network else network["hidden_size"])
    weight, bias = f"{head.dense}.weight", f"{head.dense}.bias"
    # ModernBERT alone has a head whose bias is a matter of its config
    biased = bool(network.get("classifier_bias", False)) or head.activation is not None
    x = ops.linear(
        x, tensors(weight, (hidden, hidden)), tensors(bias, (hidden,)) if biased else None
    )
    x = ops.activation(x, head.activation or str(network.get("classifier_activation", "gelu")))
    if head.norm:
        shift = f"{head.norm}.bias"
        x = ops.layer_norm(
            x,
            tensors(f"{head.norm}.weight", (hidden,)),
            tensors(shift, (hidden,)) if network.get("norm_bias", False) else None,
            float(network.get("norm_eps", 1e-5)),
        )
    return ops.linear(
        x, tensors(f"{head.out}.weight", (1, hidden)), tensors(f"{head.out}.bias", (1,))
    )
