"""The CPU runtime: an OpenVINO graph, compiled for one quick answer and for many at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from likewise.checkpoint.tokenizer import TokenRows
from likewise.engine.batches import ALIGNMENT, STRICT_ALIGNMENT, Batch, plan
from likewise.engine.contract import Progress
from likewise.engine.cores import usable_cores
from likewise.engine.graph import POOLING_INPUTS
from likewise.errors import EngineError

_HINTS = {"float32": "f32", "bfloat16": "bf16"}


def supports_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 natively."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def lay(rows: TokenRows, longest: int | None, alignment: int = ALIGNMENT) -> list[Batch]:
    """Batches of token rows; where texts must not share a row, none is longer than `longest`."""
    batches = plan(rows.lengths, alignment=alignment, shared=longest is None)
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
    """A graph of `likewise.engine.graph`, run on the CPU.

    One request runs on all cores (`_one`, the lowest latency); more than a batch of work runs as
    one stream a core (`_many`, the highest throughput), compiled when first needed.

    Args:
        build: makes the graph; it is asked again for a lane that is compiled later, so that no
            copy of the weights has to be kept.
        build_tokens: makes the graph that gives token states.
        compute: `float32`, `bfloat16` or `int8`.
        recipe: what besides the checkpoint shapes the vectors.
        pad_id: id of the padding token.
        longest: where texts must not share rows, the longest row; None where they may.
    """

    device = "cpu"

    def __init__(
        self,
        build: Callable[[], ov.Model],
        build_tokens: Callable[[], ov.Model],
        *,
        compute: str,
        recipe: str,
        pad_id: int,
        longest: int | None = None,
    ) -> None:
        self.compute, self.recipe = compute, recipe
        self._build, self._build_tokens = build, build_tokens
        self._pad_id, self._longest = pad_id, longest
        self._cores = usable_cores()
        # what is not a product of int8 numbers runs in the best of the other two
        best = "bfloat16" if supports_bfloat16() else "float32"
        self._activations = best if compute == "int8" else compute
        self._lock = threading.Lock()
        self._one = self._compile(build(), streams=1).create_infer_request()
        self._many: list[ov.InferRequest] | None = None
        self._tokens: ov.InferRequest | None = None
        shape = self._one.get_compiled_model().output(0).partial_shape
        self.dimension = int(shape[2].get_length())

    def embed(self, rows: TokenRows, progress: Progress | None = None) -> NDArray[np.float32]:
        """One vector a text, in the order given: float32 `[n, dimension]`; see `Runtime`."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)

        def take(request: ov.InferRequest, batch: Batch) -> None:
            vectors[batch.texts] = request.get_output_tensor(0).data[batch.row, batch.slot]
            if progress:
                progress(len(batch.texts))

        batches = self._plan(rows)
        with self._lock, _translated():
            if len(batches) <= 1:
                for batch in batches:
                    self._one.infer(batch.inputs(rows, self._pad_id), share_inputs=True)
                    take(self._one, batch)
            else:
                self._run_many(batches, rows, take)
        return vectors

    def token_states(self, rows: TokenRows) -> list[NDArray[np.float32]]:
        """The last layer's state of every token, `[tokens, hidden size]` a text; see `Runtime`."""
        states: dict[int, NDArray[np.float32]] = {}
        with self._lock, _translated():
            if self._tokens is None:
                compiled = self._compile(self._build_tokens(), streams=1)
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

    def _plan(self, rows: TokenRows) -> list[Batch]:
        strict = self.compute == "float32"
        alignment = STRICT_ALIGNMENT if strict else ALIGNMENT
        return lay(rows, self._longest, alignment)

    def _run_many(
        self,
        batches: list[Batch],
        rows: TokenRows,
        take: Callable[[ov.InferRequest, Batch], None],
    ) -> None:
        """Each stream takes the next batch as soon as it has finished one.

        OpenVINO's own AsyncInferQueue drops a callback, and with it a batch's vectors, where a
        request is started again before the thread that ran its last callback has left it.
        """
        if self._many is None:
            compiled = self._compile(self._build(), streams=self._cores)
            self._many = [compiled.create_infer_request() for _ in range(2 * self._cores)]
        waiting = deque(batches)

        def work(request: ov.InferRequest) -> None:
            try:
                while waiting:
                    try:
                        batch = waiting.popleft()
                    except IndexError:
                        return
                    request.start_async(batch.inputs(rows, self._pad_id))
                    request.wait()
                    take(request, batch)
            except BaseException:
                waiting.clear()
                raise

        with ThreadPoolExecutor(len(self._many), "likewise-stream") as pool:
            tasks = [pool.submit(work, request) for request in self._many]
            try:
                wait(tasks)
            except BaseException:  # an interruption: what runs is finished, nothing more is begun
                waiting.clear()
                raise
        for task in tasks:
            task.result()

    def _compile(self, model: ov.Model, *, streams: int) -> ov.CompiledModel:
        settings: dict[str, Any] = {
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(self._cores),
            "INFERENCE_PRECISION_HINT": _HINTS[self._activations],
        }
        with _translated():
            return ov.Core().compile_model(model, "CPU", settings)


class _translated:  # noqa: N801 - reads as a word: `with _translated():`
    """Turns what OpenVINO raises into the project's own error."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, RuntimeError):
            raise EngineError(
                f"OpenVINO refused: {str(error).strip().splitlines()[-1]}",
                hint="likewise doctor says what this machine lacks",
            ) from error
