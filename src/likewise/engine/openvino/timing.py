"""The fastest number formats for OpenVINO on this processor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from likewise.engine.openvino import ops
from likewise.engine.openvino.architectures.contract import Inputs
from likewise.engine.openvino.architectures.described import encoder_states
from likewise.engine.openvino.bindings import opset, ov
from likewise.engine.openvino.graph import INPUTS, parameter
from likewise.engine.sample import sample
from likewise.engine.timing import (
    NO_BFLOAT16,
    Choice,
    Formats,
    Seconds,
    Subject,
    measured,
    resolve,
    time_alternately,
)

HINTS = {"bfloat16": "bf16", "float32": "f32"}
"""OpenVINO's names of the number formats to choose from; on a tie the first wins."""

WIDTH, TOKENS = 256, 64
RANGE = 4.0
"""Quantization range of the sample layer's activations, which are normalized."""


def supports_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 natively."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def network_format() -> Choice:
    """The number format for `auto`: the faster of bfloat16 and float32."""
    return _choice("OpenVINO network", int8=False)


def activation_format() -> Choice:
    """The number format of the unquantized operations of an int8 network."""
    return _choice("OpenVINO int8 activations", int8=True)


def formats(compute: str) -> Formats:
    """The number formats for a compute: `auto`, `float32`, `bfloat16` or `int8`."""
    return resolve(compute, network_format, activation_format, "activations")


def _choice(name: str, *, int8: bool) -> Choice:
    if not supports_bfloat16():
        return Choice("float32", NO_BFLOAT16)
    subject = Subject(name, ov.get_version(), tuple(HINTS))
    return measured(subject, lambda: time_formats(int8=int8))


def time_formats(*, int8: bool) -> Seconds:
    """Time of one layer on one core, in each number format.

    Args:
        int8: whether its matrix products are quantized.
    """
    return time_alternately({name: _run(hint, int8) for name, hint in HINTS.items()})


def _run(hint: str, int8: bool) -> Callable[[], object]:
    settings = {
        "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": "1",
        "ENABLE_CPU_PINNING": "NO",
        "INFERENCE_PRECISION_HINT": hint,
    }
    request = ov.Core().compile_model(layer(int8=int8), "CPU", settings).create_infer_request()
    values = (np.zeros(TOKENS), np.ones(TOKENS), np.arange(TOKENS))
    inputs = {name: row[None].astype(np.int32) for name, row in zip(INPUTS, values, strict=True)}
    return lambda: request.infer(inputs, share_inputs=True)


def layer(*, int8: bool) -> ov.Model:
    """The graph of a sample layer, with dynamic shapes as in real models."""
    token_ids, segments, positions = (parameter(name, (-1, -1)) for name in INPUTS)
    inputs = Inputs(token_ids, positions, ops.segment_mask(segments), TOKENS)
    states = encoder_states(sample(WIDTH, WIDTH // 32, 4 * WIDTH, TOKENS), inputs)
    model = ov.Model([opset.result(states)], [token_ids, segments, positions], "layer")
    if int8:
        for node in model.get_ordered_ops():
            if node.get_type_name() == "MatMul":
                _quantize_product(node)
        model.validate_nodes_and_infer_types()
    return model


def _quantize_product(product: ov.Node) -> None:
    """Quantize a matrix product with a constant weight."""
    weight = product.input_value(1).get_node()
    if weight.get_type_name() != "Constant":
        return
    values = np.asarray(weight.data)
    scale = np.full((len(values), 1), np.abs(values).max() / 127, np.float32)
    quantized = opset.convert(opset.constant(np.round(values / scale).astype(np.int8)), "f32")
    product.input(1).replace_source_output(opset.multiply(quantized, scale).output(0))
    low, high = np.float32(-RANGE), np.float32(RANGE * 127 / 128)
    activations = opset.fake_quantize(product.input_value(0), low, high, low, high, 256)
    product.input(0).replace_source_output(activations.output(0))
