"""Peak matrix multiplication speed of this machine, by OpenVINO graphs on all cores."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from likewise.engine.openvino.bindings import opset as op
from likewise.engine.openvino.bindings import ov
from likewise.errors import EngineError

PRECISION = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


@dataclass(frozen=True)
class Chain:
    """A chain of matrix products, each taking the result of the previous one.

    Attributes:
        name: in tables.
        rows: rows of the input: tokens.
        widths: columns of the input, and of the result of each product.
    """

    name: str
    rows: int
    widths: tuple[int, ...]

    @property
    def multiply_adds(self) -> int:
        """Multiplications, each with its addition, of one run."""
        return self.rows * sum(a * b for a, b in zip(self.widths, self.widths[1:], strict=False))


CHAINS = (
    Chain("projections, 384 wide", 1024, (384,) * 13),
    Chain("feed-forward, 384 and 1,536 wide", 1024, (384, 1536) * 6),
    Chain("large, 2,048 wide", 1024, (2048,) * 4),
)
"""The shapes of MiniLM, and one near the peak of the processor."""


class Multiplier:
    """A chain compiled in a number format, one stream a core.

    Args:
        chain: the products.
        compute: `float32`, `bfloat16` or `int8`.
        cores: number of streams.

    Raises:
        EngineError: OpenVINO uses another number format on this machine.
    """

    def __init__(self, chain: Chain, compute: str, cores: int) -> None:
        self.chain = chain
        settings = {
            "NUM_STREAMS": str(cores),
            "INFERENCE_NUM_THREADS": str(cores),
            "INFERENCE_PRECISION_HINT": PRECISION[compute],
        }
        compiled = ov.Core().compile_model(_graph(chain, compute), "CPU", settings)
        _check(compiled, compute)
        self._queue = ov.AsyncInferQueue(compiled, 2 * cores)
        self._input = np.random.default_rng(0).random((chain.rows, chain.widths[0]), np.float32)
        self.rate(0.2)

    def rate(self, seconds: float) -> float:
        """Multiply-adds per second, measured for about `seconds`."""
        runs, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            for _ in range(len(self._queue)):
                self._queue.start_async({0: self._input}, share_inputs=True)
                runs += 1
        self._queue.wait_all()
        return runs * self.chain.multiply_adds / (time.perf_counter() - started)


def _graph(chain: Chain, compute: str) -> ov.Model:
    random = np.random.default_rng(0)
    start = op.parameter([chain.rows, chain.widths[0]], np.float32)
    state = start.output(0)
    for columns, width in zip(chain.widths, chain.widths[1:], strict=False):
        if compute == "int8":
            low, high = np.float32(0), np.float32(2.55)
            state = op.fake_quantize(state, low, high, low, high, 256).output(0)
            integers = random.integers(-127, 128, (width, columns), np.int8)
            scale = np.full((width, 1), 1 / (64 * columns), np.float32)
            weights = op.multiply(op.convert(op.constant(integers), np.float32), scale)
        else:
            weights = op.constant(random.random((width, columns), np.float32) / columns)
        state = op.relu(op.matmul(state, weights, False, True)).output(0)
    return ov.Model([state], [start])


def _check(compiled: ov.CompiledModel, compute: str) -> None:
    expected: Mapping[str, tuple[str, ...]] = {
        "float32": ("f32",), "bfloat16": ("bf16",), "int8": ("i8", "u8"),
    }  # fmt: skip
    for node in compiled.get_runtime_model().get_ops():
        info = node.get_rt_info()
        if info["layerType"].value in ("FullyConnected", "MatMul"):
            chosen = info["runtimePrecision"].value.lower()
            if chosen not in expected[compute]:
                raise EngineError(
                    f"OpenVINO multiplies {compute} matrices in {chosen} here",
                    hint="run likewise doctor to see the features of this processor",
                )
