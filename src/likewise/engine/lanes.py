"""Many batches at once: a stream a core, and graphs of their own for row lengths met often.

Where the length of a row is fixed, OpenVINO's attention is quicker: 6 to 8 % of the whole at 256
tokens, 2 % at 64. The vectors are the same to the bit, so a batch may run in either.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeAlias

import openvino as ov
from numpy.typing import NDArray

from likewise.engine.batches import Batch

Inputs: TypeAlias = Mapping[str, NDArray[Any]]
Take: TypeAlias = Callable[[ov.InferRequest, Batch], None]

OFTEN = 16_384
"""Sum of row lengths, one a batch, from which a graph of its own has paid for its compilation
(a third of a second): 64 batches of rows of 256 tokens."""

LONG = 128
"""Tokens of a row from which on it is worth the memory, 50 to 100 MB for a small model."""

OWN = 2
"""Graphs of fixed row length that are kept, since each needs memory."""


class Lanes:
    """Streams that share out batches.

    Args:
        compile_lane: gives the network compiled for one row length, or for any where that is None.
        cores: how many streams there are.
        own: how many row lengths may have a graph of their own.
    """

    def __init__(
        self, compile_lane: Callable[[int | None], ov.CompiledModel], cores: int, own: int = OWN
    ) -> None:
        self._compile = compile_lane
        self._cores = cores
        self._own = own
        self._met: Counter[int] = Counter()
        self._lanes: dict[int | None, list[ov.InferRequest]] = {}

    def run(self, batches: list[Batch], inputs: Callable[[Batch], Inputs], take: Take) -> None:
        """Each stream takes the next batch as soon as it has finished one.

        OpenVINO's own AsyncInferQueue drops a callback, and with it a batch's vectors, where a
        request is started again before the thread that ran its last callback has left it.
        """
        for batch in batches:
            self._met[batch.length] += batch.length
        lanes = {length: self._lane(length) for length in {batch.length for batch in batches}}
        waiting = deque(batches)

        def work(stream: int) -> None:
            try:
                while waiting:
                    try:
                        batch = waiting.popleft()
                    except IndexError:
                        return
                    request = lanes[batch.length][stream]
                    request.start_async(inputs(batch))
                    request.wait()
                    take(request, batch)
            except BaseException:
                waiting.clear()
                raise

        streams = range(2 * self._cores)  # two a core: the next one's inputs are always ready
        with ThreadPoolExecutor(len(streams), "likewise-stream") as pool:
            tasks = [pool.submit(work, stream) for stream in streams]
            try:
                wait(tasks)
            except BaseException:  # an interruption: what runs is finished, nothing more is begun
                waiting.clear()
                raise
        for task in tasks:
            task.result()

    def _lane(self, length: int) -> list[ov.InferRequest]:
        """The requests that batches of a row length run in."""
        own = sum(lane is not None for lane in self._lanes)
        often = length >= LONG and self._met[length] >= OFTEN and own < self._own
        lane = length if length in self._lanes or often else None
        if lane not in self._lanes:
            compiled = self._compile(lane)
            self._lanes[lane] = [compiled.create_infer_request() for _ in range(2 * self._cores)]
        return self._lanes[lane]
