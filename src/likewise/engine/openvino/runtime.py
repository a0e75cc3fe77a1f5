"""The CPU runtime: an OpenVINO graph, compiled for one quick answer and for many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likewise.engine.batches import (
    ALIGNMENT,
    INT8_ROW_LENGTHS,
    ROW_LENGTHS,
    STRICT_ALIGNMENT,
    TokenBatch,
    plan,
    slots_of,
)
from likewise.engine.cores import usable_cores
from likewise.engine.openvino.bindings import ov
from likewise.engine.openvino.compile_cache import compile_cached
from likewise.engine.openvino.graph import INPUTS, POOLING_INPUTS
from likewise.engine.openvino.messages import without_source_paths
from likewise.engine.openvino.stream_pool import OWN, Inputs, StreamPool
from likewise.engine.openvino.timing import HINTS
from likewise.engine.timing import Formats
from likewise.errors import EngineError
from likewise.progress import Advance
from likewise.tokenization.tokenizer import TokenRows

FEW = 8
"""Batches, of a thousand tokens or so, for which no lane is compiled (a fifth of a second each)."""

MOST_LANES = 8
"""Networks side by side; each has a copy of the weights, so with more cores each takes several."""

_SETTLING = threading.Lock()


def lay(rows: TokenRows, longest: int | None, compute: str) -> list[TokenBatch]:
    """Batches of token rows; where texts must not share a row, none is longer than `longest`."""
    batches = plan(
        rows.lengths,
        alignment=STRICT_ALIGNMENT if compute == "float32" else ALIGNMENT,
        row_lengths=INT8_ROW_LENGTHS if compute == "int8" else ROW_LENGTHS,
        shared=longest is None,
    )
    if longest is None:
        return batches
    return [replace(batch, length=min(batch.length, longest)) for batch in batches]


def read_graph(path: Path) -> ov.Model:
    """A graph from OpenVINO's own files.

    Raises:
        EngineError: they are damaged.
    """
    with _translated():
        return ov.Core().read_model(path)


class OpenVinoRuntime:
    """A graph of `graph.py`, run on the CPU.

    One request runs on all cores (`_one`, the lowest latency); more than a batch of work runs in
    one lane a core (`_lanes`, the highest throughput), compiled when the first large job comes.

    Args:
        build: makes the graph; it is asked again for every lane.
        build_tokens: makes the graph that gives token states.
        formats: number formats of the network.
        recipe: what besides the checkpoint shapes the vectors.
        pad_id: id of the padding token.
        longest: where texts must not share rows, the longest row; None where they may.
        file: where `build` reads the graph; beside it the compiled one is kept, for a quick start.
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
        self._build, self._build_tokens = build, build_tokens
        self._pad_id, self._longest, self._file = pad_id, longest, file
        self._cores = usable_cores()
        self._precision = HINTS[formats.unquantized]
        self._lock = threading.Lock()
        _settle()
        self._one = self._compiled(self._cores).create_infer_request()
        lanes = min(self._cores, MOST_LANES)
        self._lane_cores = self._cores // lanes
        # graphs made elsewhere may not bear being reshaped
        own = OWN if longest is None else 0
        self._lanes = StreamPool(self._compile_lane, self._ask, lanes, own)
        self._tokens: ov.InferRequest | None = None
        shape = self._one.get_compiled_model().output(0).partial_shape
        self.dimension = int(shape[2].get_length())

    def embed(self, rows: TokenRows, progress: Advance | None = None) -> NDArray[np.float32]:
        """One vector a text, in the order given: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)

        def take(given: NDArray[np.float32], batch: TokenBatch) -> None:
            vectors[batch.texts] = given[batch.row, batch.slot]
            if progress:
                progress(len(batch.texts))

        batches = self._plan(rows)
        with self._lock, _translated():
            if len(batches) <= (1 if self._lanes.ready else FEW):
                for batch in batches:
                    take(self._ask(batch.inputs(rows, self._pad_id)), batch)
            else:
                self._lanes.run(batches, lambda batch: batch.inputs(rows, self._pad_id), take)
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last layer's state of every token, `[tokens, hidden size]` a text; see `Runtime`."""
        states: dict[int, NDArray[np.float32]] = {}
        with self._lock, _translated():
            if self._tokens is None:
                compiled = self._compile(self._build_tokens(), self._cores)
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
        return lay(rows, self._longest, self.compute)

    def _compile_lane(self, length: int | None) -> ov.CompiledModel:
        if length is None:
            return self._compiled(self._lane_cores)
        model = self._build()
        shapes: dict[str, list[int]] = {name: [-1, length] for name in INPUTS}
        model.reshape(shapes | {"slots": [slots_of(length)], "prompt_tokens": [1]})
        return self._compile(model, self._lane_cores)

    def _ask(self, inputs: Inputs) -> NDArray[np.float32]:
        """One request on all cores: float32 `[rows, slots, dimension]`, valid until the next."""
        self._one.infer(inputs, share_inputs=True)
        return np.asarray(self._one.get_output_tensor(0).data)

    def _compiled(self, cores: int) -> ov.CompiledModel:
        if self._file is None:
            return self._compile(self._build(), cores)
        with _translated():
            return compile_cached(self._file, self._settings(cores))

    def _compile(self, model: ov.Model, cores: int) -> ov.CompiledModel:
        with _translated():
            return ov.Core().compile_model(model, "CPU", self._settings(cores))

    def _settings(self, cores: int) -> dict[str, str]:
        return {
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": str(cores),
            # several networks would all be bound to the first cores
            "ENABLE_CPU_PINNING": "NO",
            "INFERENCE_PRECISION_HINT": self._precision,
        }


def _settle() -> None:
    """Let OpenVINO's bindings find NumPy's interface, once and alone.

    They do so at the first array that comes out of a tensor. Where two threads are first together,
    one waits for the interpreter's lock and the other, holding it, for the one: for ever.
    """
    with _SETTLING:
        _ = ov.Tensor(np.zeros(1, dtype=np.float32)).data


class _translated:  # noqa: N801 - reads as a word: `with _translated():`
    """Turns what OpenVINO raises into the project's own error."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, RuntimeError):
            raise EngineError(
                f"OpenVINO refused: {without_source_paths(str(error))}",
                hint="likewise doctor says what this machine lacks",
            ) from error
