"""A checkpoint's ONNX graph, read by OpenVINO, with the inputs and outputs of built graphs.

Its inputs are computed from those of the other graphs, and the checkpoint's modules are appended.
Texts cannot share rows, since such a graph has one text per row.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import is_finite, not_finite
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.graph import INPUTS, parameter, with_modules
from likewise.engine.openvino.runtime import read_graph
from likewise.errors import UnsupportedModelError

_WEIGHTS = frozenset(("f64", "f32", "f16", "bf16", "i8", "u8"))
_FLOATS = frozenset(("f64", "f32", "f16"))
_OUTPUT_NAMES = ("last_hidden_state", "token_embeddings")


def build_onnx(config: Config, path: Path, *, pooled: bool = True) -> ov.Model:
    """The graph of an ONNX file, with the inputs and the output of `graph.build`.

    Raises:
        EngineError: the file is damaged.
        DamagedFileError: a weight is NaN or infinite.
        UnsupportedModelError: an input or output is not supported.
    """
    model = read_graph(path)
    _check_weights(model, path)
    token_ids, segments, positions = parameters = [parameter(name, (-1, -1)) for name in INPUTS]
    inputs = {
        "input_ids": token_ids,
        "attention_mask": opset.minimum(segments, ops.constant(1, np.int32)),
        "token_type_ids": opset.multiply(segments, ops.constant(0, np.int32)),
        "position_ids": positions,
    }
    for node in model.get_parameters():
        name = next((n for n in node.output(0).get_names() if n in inputs), None)
        if name is None:
            raise UnsupportedModelError(
                f"{path} has the input {node.get_friendly_name()!r}, which is not supported",
                hint="supported inputs: " + ", ".join(inputs),
            )
        converted = opset.convert(inputs[name], node.get_element_type().to_string())
        node.output(0).replace(converted.output(0))
    return with_modules(config, _hidden_states(model, path), parameters, pooled=pooled)


def parameter_count(path: Path) -> int:
    """Number of weights of an ONNX graph: the elements of constants that are not scalars.

    Raises:
        EngineError: the file is damaged.
    """
    constants = (op for op in read_graph(path).get_ops() if op.get_type_name() == "Constant")
    sizes = (
        int(np.prod(c.get_output_shape(0)))
        for c in constants
        if c.get_output_element_type(0).to_string() in _WEIGHTS
    )
    return sum(size for size in sizes if size > 1)


def _check_weights(model: ov.Model, path: Path) -> None:
    """Check that weights are finite, except minus infinity, which may be an attention mask."""
    for op in model.get_ops():
        if op.get_type_name() != "Constant" or op.get_element_type().to_string() not in _FLOATS:
            continue
        values = op.data
        if not is_finite(values) and (np.isnan(values) | (values == np.inf)).any():
            raise not_finite(op.get_friendly_name(), path)


def _hidden_states(model: ov.Model, path: Path) -> ops.Node:
    """The output of hidden states: by name, else the first with three dimensions."""
    named = [o for o in model.outputs if any(name in _OUTPUT_NAMES for name in o.get_names())]
    shaped = [o for o in model.outputs if o.partial_shape.rank.get_length() == 3]
    for output in (*named, *shaped):
        states: ops.Node = output.get_node().input_value(0)
        return states
    raise UnsupportedModelError(
        f"{path} has no output of hidden states", hint="export it with an output last_hidden_state"
    )
