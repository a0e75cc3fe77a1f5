"""A checkpoint to one OpenVINO graph: the network, and the modules that follow it.

Inputs: `token_ids`, `segments` (which text of its row a token belongs to, from 1; 0 is padding) and
`positions`, int32 `[rows, length]`; `slots`, int32 `[texts a row holds]`, counting from 1; and
`prompt_tokens`, int32 `[1]`, which only poolings that leave out the prompt look at.
Output: `embedding`, float32 `[rows, slots, dimension]`, or `token_states`, float32
`[rows, length, hidden]`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import Weights, read_weights
from likewise.engine.openvino import ops
from likewise.engine.openvino.architectures import ARCHITECTURES, Inputs
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.pooling import OutputLayout, apply
from likewise.engine.tensors import Tensors
from likewise.errors import DamagedFileError, UnsupportedModelError

Read: TypeAlias = Callable[[Path], Weights]

INPUTS = ("token_ids", "segments", "positions")
POOLING_INPUTS = ("slots", "prompt_tokens")


def build(config: Config, *, pooled: bool = True, read: Read = read_weights) -> ov.Model:
    """The graph of a checkpoint, with one vector a text or, not `pooled`, one state a token.

    Args:
        config: the checkpoint's.
        pooled: see above.
        read: gives the weights; the graph holds on to its arrays.

    Raises:
        UnsupportedModelError: no file here knows the family or a variant of it.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """
    token_ids, segments, positions = (parameter(name, (-1, -1)) for name in INPUTS)
    states = network_states(config, token_ids, segments, positions, read=read)
    return finish(config, states, [token_ids, segments, positions], pooled=pooled)


def build_plain(config: Config) -> ov.Model:
    """The network alone, with the inputs and the output that other programs know.

    `input_ids` and `attention_mask`, int64 `[rows, length]`, one text a row; gives
    `last_hidden_state`, float32 `[rows, length, hidden size]`.

    Raises:
        UnsupportedModelError: no file here knows the family or a variant of it.
        DamagedFileError: the weights are missing, damaged, or do not fit the config.
    """
    token_ids, mask = (parameter(n, (-1, -1), np.int64) for n in ("input_ids", "attention_mask"))
    place = opset.cumsum(mask, ops.scalar(1), exclusive=True)
    inputs = (opset.convert(node, "i32") for node in (token_ids, mask, place))
    result = opset.result(network_states(config, *inputs))
    result.output(0).set_names({"last_hidden_state"})
    return ov.Model([result], [token_ids, mask], config.model_type)


def network_states(
    config: Config,
    token_ids: ops.Node,
    segments: ops.Node,
    positions: ops.Node,
    token_types: ops.Node | None = None,
    *,
    read: Read = read_weights,
) -> ops.Node:
    """The last layer's states: float32 `[rows, length, hidden]`."""
    architecture = ARCHITECTURES.get(config.model_type)
    if architecture is None:
        raise UnsupportedModelError(
            f"unknown architecture {config.model_type!r} in {config.folder / 'config.json'}",
            hint="known: " + ", ".join(sorted(ARCHITECTURES)),
        )
    mask = ops.segment_mask(segments)
    inputs = Inputs(token_ids, positions, mask, config.max_tokens, token_types)
    tensors = Tensors(read(config.folder), architecture.prefixes)
    try:
        return architecture.hidden_states(config.network, tensors, inputs)
    except KeyError as error:
        raise DamagedFileError(
            f"{config.folder / 'config.json'} lacks the field {error}",
            hint="download the checkpoint again",
        ) from error


def finish(
    config: Config, states: ops.Node, parameters: list[ops.Node], *, pooled: bool
) -> ov.Model:
    """The graph from the network's states on.

    Args:
        config: says which modules follow.
        states: float32 `[rows, length, hidden]`.
        parameters: `INPUTS`.
        pooled: whether it gives vectors of texts or states of tokens.

    Raises:
        UnsupportedModelError: a module that is not known.
    """
    x, parameters = states, list(parameters)
    if pooled:
        slots, prompt_tokens = (parameter(name, (-1,)) for name in POOLING_INPUTS)
        layout = OutputLayout(parameters[1], parameters[2], slots, prompt_tokens)
        parameters += (slots, prompt_tokens)
        for module in config.modules:
            x = apply(module, x, layout)
    result = opset.result(x)
    result.output(0).set_names({"embedding" if pooled else "token_states"})
    return ov.Model([result], parameters, config.model_type)


def parameter(name: str, shape: tuple[int, ...], kind: Any = np.int32) -> Any:
    """An input that is found by its name."""
    node = opset.parameter(list(shape), kind, name=name)
    node.output(0).set_names({name})
    return node
