"""A checkpoint's own ONNX graph, read by OpenVINO, in the shape that our graphs have.

Its inputs are fed from ours, and the checkpoint's modules follow its output. Texts cannot share
rows, since such a graph takes every row for one text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from likewise.checkpoint.config import Config
from likewise.checkpoint.weights import is_finite, not_finite
from likewise.engine.openvino import ops
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.graph import INPUTS, finish, parameter
from likewise.engine.openvino.runtime import read_graph
from likewise.errors import UnsupportedModelError

_WEIGHTS = frozenset(("f64", "f32", "f16", "bf16", "i8", "u8"))
_FLOATS = frozenset(("f64", "f32", "f16"))
_STATES = ("last_hidden_state", "token_embeddings")


def build_onnx(config: Config, path: Path, *, pooled: bool = True) -> ov.Model:
    """The graph of that file, with the inputs and the output of `graph.build`.

    Raises:
        EngineError: the file is damaged.
        DamagedFileError: a weight is NaN or infinite.
        UnsupportedModelError: it wants or gives something that is not known here.
    """
    model = read_graph(path)
    _check_weights(model, path)
    token_ids, segments, positions = ours = [parameter(name, (-1, -1)) for name in INPUTS]
    made = {
        "input_ids": token_ids,
        "attention_mask": opset.minimum(segments, ops.constant(1, np.int32)),
        "token_type_ids": opset.multiply(segments, ops.constant(0, np.int32)),
        "position_ids": positions,
    }
    for theirs in model.get_parameters():
        name = next((n for n in theirs.output(0).get_names() if n in made), None)
        if name is None:
            raise UnsupportedModelError(
                f"{path} has the input {theirs.get_friendly_name()!r}, which is not known here",
                hint="known inputs: " + ", ".join(made),
            )
        fitting = opset.convert(made[name], theirs.get_element_type().to_string())
        theirs.output(0).replace(fitting.output(0))
    return finish(config, _states(model, path), ours, pooled=pooled)


def parameter_count(path: Path) -> int:
    """Number of weights of such a graph: the constants that are more than a single number.

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
    """Refuse weights that are not finite; minus infinity may be a mask of attention scores."""
    for op in model.get_ops():
        if op.get_type_name() != "Constant" or op.get_element_type().to_string() not in _FLOATS:
            continue
        values = op.data
        if not is_finite(values) and (np.isnan(values) | (values == np.inf)).any():
            raise not_finite(op.get_friendly_name(), path)


def _states(model: ov.Model, path: Path) -> ops.Node:
    """Its output of token states: by name, or else the first of three dimensions."""
    named = [o for o in model.outputs if any(name in _STATES for name in o.get_names())]
    shaped = [o for o in model.outputs if o.partial_shape.rank.get_length() == 3]
    for output in (*named, *shaped):
        states: ops.Node = output.get_node().input_value(0)
        return states
    raise UnsupportedModelError(
        f"{path} gives no token states", hint="export it with an output last_hidden_state"
    )
