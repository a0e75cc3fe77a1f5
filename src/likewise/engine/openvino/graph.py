"""A checkpoint to one OpenVINO graph: the network and its modules.

Inputs: `token_ids`, `segments` (index of a token's text in its row, from 1; 0 is padding) and
`positions`, int32 `[rows, length]`; `slots`, int32 `[texts per row]`, counting from 1; and
`prompt_tokens`, int32 `[1]`, used by poolings that exclude the prompt.
Output: `embedding`, float32 `[rows, slots, dimension]`, or `token_states`, float32
`[rows, length, hidden size]`.
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

ReadWeights: TypeAlias = Callable[[Path], Weights]

INPUTS = ("token_ids", "segments", "positions")
POOLING_INPUTS = ("slots", "prompt_tokens")


def build(config: Config, *, pooled: bool = True, read: ReadWeights = read_weights) -> ov.Model:
    """The graph of a checkpoint.

    Args:
        config: the checkpoint.
        pooled: whether it returns one vector per text, or one hidden state per token.
        read: reads the weights; the graph shares their memory.

    Raises:
        UnsupportedModelError: the architecture, or a variant of it, is not supported.
        DamagedFileError: the weights are missing, damaged, or do not match the config.
    """
    token_ids, segments, positions = (parameter(name, (-1, -1)) for name in INPUTS)
    states = hidden_states(config, token_ids, segments, positions, read=read)
    return with_modules(config, states, [token_ids, segments, positions], pooled=pooled)


def build_network(config: Config) -> ov.Model:
    """The network without modules, with the inputs and output names of transformers.

    The inputs are `input_ids` and `attention_mask`, int64 `[rows, length]`, one text per row. The
    output is `last_hidden_state`, float32 `[rows, length, hidden size]`.

    Raises:
        UnsupportedModelError: the architecture, or a variant of it, is not supported.
        DamagedFileError: the weights are missing, damaged, or do not match the config.
    """
    token_ids, mask = (parameter(n, (-1, -1), np.int64) for n in ("input_ids", "attention_mask"))
    positions = opset.cumsum(mask, ops.scalar(1), exclusive=True)
    inputs = (opset.convert(node, "i32") for node in (token_ids, mask, positions))
    result = opset.result(hidden_states(config, *inputs))
    result.output(0).set_names({"last_hidden_state"})
    return ov.Model([result], [token_ids, mask], config.model_type)


def hidden_states(
    config: Config,
    token_ids: ops.Node,
    segments: ops.Node,
    positions: ops.Node,
    token_types: ops.Node | None = None,
    *,
    read: ReadWeights = read_weights,
) -> ops.Node:
    """The last hidden state of each token: float32 `[rows, length, hidden size]`."""
    architecture = ARCHITECTURES.get(config.model_type)
    if architecture is None:
        raise UnsupportedModelError(
            f"unknown architecture {config.model_type!r} in {config.folder / 'config.json'}",
            hint="supported: " + ", ".join(sorted(ARCHITECTURES)),
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


def with_modules(
    config: Config, states: ops.Node, parameters: list[ops.Node], *, pooled: bool
) -> ov.Model:
    """Append the modules to a network.

    Args:
        config: the checkpoint.
        states: hidden states, float32 `[rows, length, hidden size]`.
        parameters: the inputs `INPUTS`.
        pooled: whether the graph returns one vector per text, or one hidden state per token.

    Raises:
        UnsupportedModelError: a module is not supported.
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


def parameter(name: str, shape: tuple[int, ...], dtype: Any = np.int32) -> Any:
    """A named input."""
    node = opset.parameter(list(shape), dtype, name=name)
    node.output(0).set_names({name})
    return node
