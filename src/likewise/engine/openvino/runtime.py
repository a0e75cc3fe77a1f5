"""The OpenVINO runtime on the CPU: one compiled graph for low latency, several for throughput."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.batches import (
    ALIGNMENT,
    INT8_ROW_LENGTHS,
    NARROW_LANES,
    ROW_LENGTHS,
    WIDE_LANES,
    TokenBatch,
    plan,
    slots_of,
)
from likewise.engine.cores import usable_cores
from likewise.engine.native.library import features
from likewise.engine.openvino.bindings import ov
from likewise.engine.openvino.compile_cache import compile_cached
from likewise.engine.openvino.graph import INPUTS, POOLING_INPUTS
from likewise.engine.openvino.messages import without_source_paths
from likewise.engine.openvino.stream_pool import MAX_STATIC, Inputs, StreamPool
from likewise.engine.openvino.timing import HINTS
from likewise.engine.timing import Formats
from likewise.errors import EngineError
from likewise.progress import Advance
from likewise.tokenization.token_rows import TokenRows

MIN_STREAM_BATCHES = 8
"""Up to this many batches of about 1,000 tokens, no streams are compiled (.2 s for each)."""

MAX_STREAMS = 8
"""Parallel networks. Each has a copy of the weights, so with more cores each uses several."""

_NUMPY_LOCK = threading.Lock()


def plan_batches(rows: TokenRows, longest: int | None, compute: str) -> list[TokenBatch]:
    """Batches of token rows. If texts must not share a row, no row is longer than `longest`."""
    batches = plan(
        rows.lengths,
        alignment=_lanes() if compute == "float32" else ALIGNMENT,
        row_lengths=INT8_ROW_LENGTHS if compute == "int8" else ROW_LENGTHS,
        shared=longest is None,
    )
    if longest is None:
        return batches
    return [replace(batch, length=min(batch.length, longest)) for batch in batches]


@cache
def _lanes() -> int:
    """Lanes of the widest registers; unknown without the library of the kernels."""
    return NARROW_LANES if features() == 0 else WIDE_LANES


def read_graph(path: Path) -> ov.Model:
    """A graph from OpenVINO's own files.

    Raises:
        EngineError: they are damaged.
    """
    with _translated():
        return ov.Core().read_model(path)


class _Compiler:
    """Compiles a graph for some of the cores.

    Apart from the runtime, so that no object refers back to it: a network is freed with its last
    reference, not when the garbage collector runs.

    Args:
        build: builds the graph.
        file: the graph file that `build` reads; None if it reads none.
        precision: OpenVINO's name of the number format of what is not quantized.
    """

    def __init__(self, build: Callable[[], ov.Model], file: Path | None, precision: str) -> None:
        self._build, self._file, self._precision = build, file, precision

    def __call__(self, cores: int, length: int | None = None) -> ov.CompiledModel:
        """The compiled graph, for rows of one length or, with None, of any."""
        if length is None and self._file is not None:
            with _translated():
                return compile_cached(self._file, self._settings(cores))
        model = self._build()
        if length is not None:
            shapes: dict[str, list[int]] = {name: [-1, length] for name in INPUTS}
            model.reshape(shapes | {"slots": [slots_of(length)], "prompt_tokens": [1]})
        return self.model(model, cores)

    def model(self, model: ov.Model, cores: int) -> ov.CompiledModel:
        """Another graph, with the same settings."""
        with _translated():
            return ov.Core().compile_model(model, "CPU", self._settings(cores))

    def _settings(self, cores: int) -> dict[str, str]:
        return {
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": str(cores),
            # with pinning, all networks would be bound to the first cores
            "ENABLE_CPU_PINNING": "NO",
            "INFERENCE_PRECISION_HINT": self._precision,
        }


class OpenVinoRuntime:
    """A graph of `graph.py`, run on the CPU.

    Small jobs run as single requests on all cores (lowest latency), large ones in one stream per
    core (highest throughput). The streams are compiled for the first large job.

    Args:
        build: builds the graph; called for every stream.
        build_tokens: builds the graph that returns token states.
        formats: number formats of the network.
        recipe: what determines the vectors, besides the checkpoint.
        pad_id: id of the padding token.
        longest: maximum row length if texts must not share rows; None if they may.
        file: the graph file that `build` reads; the compiled graph is cached next to it.
    """

    kind = "openvino"
    device = "cpu"

    def __init__(
        self,
        build: Callable[[], ov.Model],
        build_tokens: Callable[[], ov.Model],
        *,
        formats: Formats,
        recipe: str,
        pad_id: int,
        longest: int | None = None,
        file: Path | None = None,
    ) -> None:
        self.compute, self.recipe = formats.network, recipe
        self.reason = f"OpenVINO, {formats.reason}"
        self._build_tokens = build_tokens
        self._pad_id, self._longest = pad_id, longest
        self._cores = usable_cores()
        self._compile = _Compiler(build, file, HINTS[formats.unquantized])
        self._lock = threading.Lock()
        _initialize_numpy()
        single_request = self._compile(self._cores).create_infer_request()
        self._infer = partial(_infer, single_request)
        streams = min(self._cores, MAX_STREAMS)
        # ONNX graphs of other origin may not support reshaping
        max_static = MAX_STATIC if longest is None else 0
        compile_stream = partial(self._compile, self._cores // streams)
        self._streams = StreamPool(compile_stream, self._infer, streams, max_static)
        self._tokens: ov.InferRequest | None = None
        shape = single_request.get_compiled_model().output(0).partial_shape
        self.dimension = int(shape[2].get_length())

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector per text, in input order: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)

        def store(batch_vectors: NDArray[np.float32], batch: TokenBatch) -> None:
            vectors[batch.texts] = batch_vectors[batch.row, batch.slot]
            if progress:
                progress(len(batch.texts))

        batches = self._plan(rows)
        with self._lock, _translated():
            if len(batches) <= (1 if self._streams.ready else MIN_STREAM_BATCHES):
                for batch in batches:
                    store(self._infer(batch.inputs(rows, self._pad_id)), batch)
            else:
                self._streams.run(batches, lambda batch: batch.inputs(rows, self._pad_id), store)
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last hidden state of each token, `[tokens, hidden size]` per text; see `Runtime`."""
        states: dict[int, NDArray[np.float32]] = {}
        with self._lock, _translated():
            if self._tokens is None:
                compiled = self._compile.model(self._build_tokens(), self._cores)
                self._tokens = compiled.create_infer_request()
            for batch in self._plan(rows):
                inputs = batch.inputs(rows, self._pad_id)
                for name in POOLING_INPUTS:
                    del inputs[name]
                self._tokens.infer(inputs, share_inputs=True)
                result = self._tokens.get_output_tensor(0).data
                for text, row, offset in zip(batch.texts, batch.row, batch.offset, strict=True):
                    states[int(text)] = result[row, offset : offset + rows.lengths[text]].copy()
        return [states[i] for i in range(len(rows))]

    def _plan(self, rows: TokenRows) -> list[TokenBatch]:
        return plan_batches(rows, self._longest, self.compute)


def _infer(request: ov.InferRequest, inputs: Inputs) -> NDArray[np.float32]:
    """One request on all cores: float32 `[rows, slots, dimension]`, valid until the next."""
    request.infer(inputs, share_inputs=True)
    return np.asarray(request.get_output_tensor(0).data)


def _initialize_numpy() -> None:
    """Make OpenVINO's bindings initialize NumPy's interface, in one thread.

    They do so when the first array is read from a tensor. If two threads do that at once, they
    deadlock: one waits for the interpreter's lock while the other holds it and waits for the first.
    """
    with _NUMPY_LOCK:
        _ = ov.Tensor(np.zeros(1, dtype=np.float32)).data


class _translated:  # noqa: N801 - used as a function: `with _translated():`
    """Translates OpenVINO's errors into `EngineError`."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, RuntimeError):
            raise EngineError(
                f"OpenVINO failed: {without_source_paths(str(error))}",
                hint="run likewise doctor to see what is missing on this machine",
            ) from error
