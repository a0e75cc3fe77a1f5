"""Parallel inference: one compiled network per core, verified on each new batch shape.

OpenVINO can run several streams of one compiled network that share its weights. But in about one of
thirty processes, one stream then returns wrong vectors, the same for every batch of a shape,
without an error (seen in 2026.4.1, in float32, on two cores and more). So every core has its own
compiled network, and its first result for each batch shape is compared with the result of the
network for single requests; on a mismatch it is compiled again.

OpenVINO's attention is faster when the row length is static: 6 to 8 % of the total time at 256
tokens, 2 % at 64. The vectors are the same to the bit, so a batch may run in either network.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from likewise.engine.batches import TokenBatch
from likewise.engine.openvino.bindings import ov
from likewise.errors import EngineError

Inputs: TypeAlias = Mapping[str, NDArray[Any]]
Vectors: TypeAlias = NDArray[np.float32]
Compile: TypeAlias = Callable[[int | None], ov.CompiledModel]
Infer: TypeAlias = Callable[[Inputs], Vectors]
OnResult: TypeAlias = Callable[[Vectors, TokenBatch], None]

STATIC_MIN_TOKENS = 16_384
"""Sum of row lengths, one per batch, from which compiling a graph of static row length (a third of
a second) pays off: 64 batches of rows of 256 tokens."""

STATIC_MIN_LENGTH = 128
"""Row length from which a static graph is worth its memory, 50 to 100 MB for a small model."""

MAX_STATIC = 1
"""Maximum number of graphs of static row length, because each needs memory."""

REQUESTS_PER_STREAM = 2
"""While one request is computed, the inputs of the next are prepared."""

MIN_COSINE = 0.98
"""Minimum cosine between the results of two networks of the same graph. Another summation order
gives more than .999 in every compute, wrong weights less than .6."""

MAX_ATTEMPTS = 3
"""Number of compilations after which a mismatch is an error."""


class InferenceStream:
    """The compiled network of one core.

    Args:
        compile_network: compiles it.
        reference: runs another network of the same graph on the same inputs.
        verify_lock: held while a network is compiled or verified, one at a time.
    """

    def __init__(
        self,
        compile_network: Callable[[], ov.CompiledModel],
        reference: Infer,
        verify_lock: threading.Lock,
    ) -> None:
        self._compile, self._reference = compile_network, reference
        self._verify_lock = verify_lock
        self._requests: list[ov.InferRequest] = []
        self._verified: set[tuple[int, ...]] = set()
        self._stream_lock = threading.Lock()

    def run(self, request: int, inputs: Inputs, batch: TokenBatch) -> Vectors:
        """The vectors of a batch: float32 `[rows, slots, dimension]`, valid until the next run.

        Args:
            request: index of the stream's request, one per thread.
            inputs: of the batch.
            batch: layout of its texts.

        Raises:
            EngineError: the results of networks of the same graph differ repeatedly.
        """
        shape = (batch.rows, batch.length)
        if shape not in self._verified:
            with self._stream_lock, self._verify_lock:
                if shape not in self._verified:
                    self._verify(request, inputs, batch)
                    self._verified.add(shape)
        inference = self._requests[request]
        inference.start_async(inputs)
        inference.wait()
        return np.asarray(inference.get_output_tensor(0).data)

    def _verify(self, request: int, inputs: Inputs, batch: TokenBatch) -> None:
        for _ in range(MAX_ATTEMPTS):
            if not self._requests:
                compiled = self._compile()
                self._requests = [
                    compiled.create_infer_request() for _ in range(REQUESTS_PER_STREAM)
                ]
            inference = self._requests[request]
            inference.infer(inputs)
            vectors = inference.get_output_tensor(0).data[batch.row, batch.slot]
            if agree(vectors, self._reference(inputs)[batch.row, batch.slot]):
                return
            self._requests = []
            self._verified.clear()
        raise EngineError(
            f"OpenVINO returned different vectors for the same texts, {MAX_ATTEMPTS} times",
            hint="report it with the output of likewise doctor; a new process may not be affected",
        )


class StreamPool:
    """Streams that process batches in parallel.

    Args:
        compile_stream: compiles the network for one stream and one row length; None is any length.
        reference: runs the network for single requests.
        count: number of streams.
        max_static: maximum number of row lengths with a static graph.
    """

    def __init__(
        self, compile_stream: Compile, reference: Infer, count: int, max_static: int = MAX_STATIC
    ) -> None:
        self._compile, self._reference = compile_stream, reference
        self._count, self._max_static = count, max_static
        self._verify_lock = threading.Lock()
        self._processed: Counter[int] = Counter()
        self._streams: dict[int | None, list[InferenceStream]] = {}

    @property
    def ready(self) -> bool:
        """Whether streams are compiled already."""
        return bool(self._streams)

    def run(
        self,
        batches: list[TokenBatch],
        inputs: Callable[[TokenBatch], Inputs],
        on_result: OnResult,
    ) -> None:
        """Process all batches; each stream takes the next one when it is free."""
        for batch in batches:
            self._processed[batch.length] += batch.length
        streams = {length: self._streams_of(length) for length in {b.length for b in batches}}
        pending = deque(batches)

        def work(thread: int) -> None:
            request, stream = divmod(thread, self._count)
            try:
                while pending:
                    try:
                        batch = pending.popleft()
                    except IndexError:
                        return
                    vectors = streams[batch.length][stream].run(request, inputs(batch), batch)
                    on_result(vectors, batch)
            except BaseException:
                pending.clear()
                raise

        threads = range(REQUESTS_PER_STREAM * self._count)
        with ThreadPoolExecutor(len(threads), "likewise-stream") as pool:
            tasks = [pool.submit(work, thread) for thread in threads]
            try:
                wait(tasks)
            except BaseException:  # an interruption: finish the current batches, begin no more
                pending.clear()
                raise
        for task in tasks:
            task.result()

    def _streams_of(self, length: int) -> list[InferenceStream]:
        """The streams for batches of a row length."""
        static = sum(key is not None for key in self._streams)
        pays_off = length >= STATIC_MIN_LENGTH and self._processed[length] >= STATIC_MIN_TOKENS
        key = (
            length if length in self._streams or (pays_off and static < self._max_static) else None
        )
        if key not in self._streams:
            self._streams[key] = [
                InferenceStream(partial(self._compile, key), self._reference, self._verify_lock)
                for _ in range(self._count)
            ]
        return self._streams[key]


def agree(first: Vectors, second: Vectors) -> bool:
    """Whether the vectors of two networks, `[n, dimension]`, agree up to rounding."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosine = np.einsum("nd,nd->n", first, second)
    return bool((cosine >= MIN_COSINE * lengths).all() and np.isfinite(lengths).all())
