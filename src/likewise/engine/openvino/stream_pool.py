"""Many batches at once: a network on every core, each proven before it is believed.

OpenVINO can run several streams of one compiled network, and share the weights among them. But
about one process in thirty then gives wrong vectors: one stream computes something else, the same
at every batch of that shape, without a word (seen in 2026.4.1, in float32, on two cores and more).
So every core has a compiled network of its own, and what it gives for a shape that it has not met
is compared with what the network for single requests gives; one that disagrees is made anew.

Where the length of a row is fixed, OpenVINO's attention is quicker: 6 to 8 % of the whole at 256
tokens, 2 % at 64. The vectors are the same to the bit, so a batch may run in either.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from likewise.engine.batches import TokenBatch
from likewise.engine.openvino.bindings import ov
from likewise.errors import EngineError

Inputs: TypeAlias = Mapping[str, NDArray[Any]]
Vectors: TypeAlias = NDArray[np.float32]
Compile: TypeAlias = Callable[[int | None], ov.CompiledModel]
Ask: TypeAlias = Callable[[Inputs], Vectors]
Take: TypeAlias = Callable[[Vectors, TokenBatch], None]

OFTEN = 16_384
"""Sum of row lengths, one a batch, from which a graph of its own has paid for its compilation
(a third of a second): 64 batches of rows of 256 tokens."""

LONG = 128
"""Tokens of a row from which on it is worth the memory, 50 to 100 MB for a small model."""

OWN = 1
"""Graphs of fixed row length that are kept, since each needs memory."""

AHEAD = 2
"""Requests of a lane: while one is computed, the inputs of the next are made."""

AGREEING = 0.98
"""Least cosine of what two networks of the same graph give for one text; sums in another order
leave more than .999 in every compute, and wrong weights less than .6."""

TRIES = 3
"""Times a network is made anew before the machine is given up."""


class InferenceStream:
    """One core's network.

    Args:
        make: compiles it.
        ask: what another network of the same graph gives for the same inputs.
        alone: held while a network is made or proven, so that no two are at once.
    """

    def __init__(
        self, make: Callable[[], ov.CompiledModel], ask: Ask, alone: threading.Lock
    ) -> None:
        self._make, self._ask, self._alone = make, ask, alone
        self._requests: list[ov.InferRequest] = []
        self._proven: set[tuple[int, ...]] = set()
        self._proving = threading.Lock()

    def run(self, request: int, inputs: Inputs, batch: TokenBatch) -> Vectors:
        """What the network gives: float32 `[rows, slots, dimension]`, valid until the next run.

        Args:
            request: which of the lane's requests, one a thread.
            inputs: of the batch.
            batch: where its texts lie.

        Raises:
            EngineError: networks made from the same graph disagree again and again.
        """
        shape = (batch.rows, batch.length)
        if shape not in self._proven:
            with self._proving, self._alone:
                if shape not in self._proven:
                    self._prove(request, inputs, batch)
                    self._proven.add(shape)
        running = self._requests[request]
        running.start_async(inputs)
        running.wait()
        return np.asarray(running.get_output_tensor(0).data)

    def _prove(self, request: int, inputs: Inputs, batch: TokenBatch) -> None:
        for _ in range(TRIES):
            if not self._requests:
                compiled = self._make()
                self._requests = [compiled.create_infer_request() for _ in range(AHEAD)]
            running = self._requests[request]
            running.infer(inputs)
            given = running.get_output_tensor(0).data[batch.row, batch.slot]
            if agree(given, self._ask(inputs)[batch.row, batch.slot]):
                return
            self._requests = []
            self._proven.clear()
        raise EngineError(
            f"OpenVINO gives different vectors for the same texts, {TRIES} times over",
            hint="report it with what likewise doctor prints; a new process may be free of it",
        )


class StreamPool:
    """Lanes that share out batches.

    Args:
        compile_lane: gives the network compiled for one core and one row length, or for any
            length where that is None.
        ask: what the network for single requests gives for some inputs.
        count: how many lanes there are.
        own: how many row lengths may have graphs of their own.
    """

    def __init__(self, compile_lane: Compile, ask: Ask, count: int, own: int = OWN) -> None:
        self._compile, self._ask = compile_lane, ask
        self._count, self._own = count, own
        self._alone = threading.Lock()
        self._met: Counter[int] = Counter()
        self._lanes: dict[int | None, list[InferenceStream]] = {}

    @property
    def ready(self) -> bool:
        """Whether there are any yet."""
        return bool(self._lanes)

    def run(
        self, batches: list[TokenBatch], inputs: Callable[[TokenBatch], Inputs], take: Take
    ) -> None:
        """Each lane takes the next batch as soon as it has finished one."""
        for batch in batches:
            self._met[batch.length] += batch.length
        lanes = {length: self._lanes_of(length) for length in {batch.length for batch in batches}}
        waiting = deque(batches)

        def work(thread: int) -> None:
            request, lane = divmod(thread, self._count)
            try:
                while waiting:
                    try:
                        batch = waiting.popleft()
                    except IndexError:
                        return
                    take(lanes[batch.length][lane].run(request, inputs(batch), batch), batch)
            except BaseException:
                waiting.clear()
                raise

        threads = range(AHEAD * self._count)
        with ThreadPoolExecutor(len(threads), "likewise-lane") as pool:
            tasks = [pool.submit(work, thread) for thread in threads]
            try:
                wait(tasks)
            except BaseException:  # an interruption: what runs is finished, nothing more is begun
                waiting.clear()
                raise
        for task in tasks:
            task.result()

    def _lanes_of(self, length: int) -> list[InferenceStream]:
        """The lanes that batches of a row length run in."""
        own = sum(kind is not None for kind in self._lanes)
        often = length >= LONG and self._met[length] >= OFTEN and own < self._own
        kind = length if length in self._lanes or often else None
        if kind not in self._lanes:
            self._lanes[kind] = [
                InferenceStream(lambda: self._compile(kind), self._ask, self._alone)
                for _ in range(self._count)
            ]
        return self._lanes[kind]


def agree(given: Vectors, other: Vectors) -> bool:
    """Whether two networks gave the same vectors `[n, dimension]`, but for the last digits."""
    lengths = np.linalg.norm(given, axis=1) * np.linalg.norm(other, axis=1)
    cosine = np.einsum("nd,nd->n", given, other)
    return bool((cosine >= AGREEING * lengths).all() and np.isfinite(lengths).all())
