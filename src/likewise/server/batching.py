"""Batches over requests: the texts of all clients are encoded together, a token budget at a time.

One thread encodes; the event loop only submits and waits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np

from likewise.engine.cores import usable_cores
from likewise.errors import OverloadedError
from likewise.server.batch_queue import (
    BULK_SHARE,
    BatchQueue,
    Embedded,
    Lane,
    LaneKey,
    Part,
    Priority,
    QueuedRequest,
    Timing,
    estimate_tokens,
)
from likewise.server.vector_cache import CachedVector, VectorCache

TOKENS_PER_CORE = 1024
"""Most tokens of a batch for each core: enough to use them all."""

BATCH_SECONDS = 0.1
"""Most time for a batch, by the measured speed: an interactive request waits for the one that runs.
"""

LEAST_TOKENS = 256
"""Tokens of a batch on the slowest processor; with fewer, throughput is lost."""

INTERACTIVE_LIMIT = 0.5
"""A request of at most this share of a batch is interactive, unless it says otherwise."""


@dataclass
class Counters:
    """What the batches did, for metrics.

    Attributes:
        batches: number of batches.
        tokens: tokens read.
        texts: texts encoded.
        shared: texts whose vector was at hand: in the cache, or equal to another in the batch.
        truncated: texts that were truncated.
        cancelled: requests that were dropped before they were complete.
        rejected: requests refused because of the load.
        seconds: time spent encoding.
    """

    batches: int = 0
    tokens: int = 0
    texts: int = 0
    shared: int = 0
    truncated: int = 0
    cancelled: int = 0
    rejected: int = 0
    seconds: float = 0.0


class Batcher:
    """Encodes the texts of all requests in batches, in a thread of its own.

    Args:
        max_wait: seconds of work that may wait in a queue; requests beyond it are refused.
        cache: vectors of texts that were encoded before.
        token_budget: most tokens of a batch; 1,024 for each core when not given.

    Attributes:
        counters: what was done so far.
        cache: vectors of texts that were encoded before.
        speed: tokens a second in the last batches; 0 before the first.
    """

    def __init__(
        self,
        *,
        max_wait: float = 20.0,
        cache: VectorCache | None = None,
        token_budget: int | None = None,
    ) -> None:
        self._most_tokens = token_budget or TOKENS_PER_CORE * max(2, usable_cores())
        self.counters = Counters()
        self._max_wait = max_wait
        self.cache = cache or VectorCache(0)
        self._queue = BatchQueue()
        self._last: tuple[LaneKey, dict[str, CachedVector]] = (0, "", ""), {}
        self.speed = 0.0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="likewise-batcher", daemon=True)
        self._thread.start()

    @property
    def budget(self) -> int:
        """Tokens of the next batch."""
        if not self.speed:
            return self._most_tokens
        return min(self._most_tokens, max(LEAST_TOKENS, int(BATCH_SECONDS * self.speed)))

    def waiting(self, priority: Priority) -> tuple[int, int]:
        """How many requests wait, and how many tokens (an estimate)."""
        with self._changed:
            return self._queue.requests(priority), self._queue.tokens[priority]

    def submit(
        self, lane: Lane, texts: Sequence[str], *, priority: Priority | None = None
    ) -> asyncio.Future[Embedded]:
        """Queue the texts of one request. Called in the event loop.

        Args:
            lane: model, prompt and truncation.
            texts: any valid texts.
            priority: by the size of the request when not given.

        Returns:
            The vectors; cancelling it drops what has not been encoded yet.

        Raises:
            OverloadedError: too much waits already.
        """
        loop = asyncio.get_running_loop()
        tokens = estimate_tokens(texts, lane.encoder.max_seq_length, len(lane.prefix))
        total = sum(tokens)
        if priority is None:
            small = total <= INTERACTIVE_LIMIT * self._most_tokens
            priority = "interactive" if small else "bulk"
        future: asyncio.Future[Embedded] = loop.create_future()
        count = len(texts)
        result = Embedded(
            np.empty((count, lane.encoder.dimension), np.float32),
            np.empty(count, np.int64),
            np.empty(count, np.int64),
            Timing(time.perf_counter()),
        )
        if not count:
            future.set_result(result)
            return future
        request = QueuedRequest(lane, texts, tokens, future, result, priority)
        with self._changed:
            self._refuse_overload(priority)
            self._queue.add(request)
            self._changed.notify()
        future.add_done_callback(partial(self._discount_cancelled, request))
        return future

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        self.cache.close()

    def _discount_cancelled(self, request: QueuedRequest, future: asyncio.Future[Embedded]) -> None:
        """Work that no client waits for any more must not cause refusals."""
        if future.cancelled():
            with self._changed:
                self._queue.discount(request)

    def _refuse_overload(self, priority: Priority) -> None:
        if not self.speed:
            return
        tokens = self._queue.tokens["interactive"]
        if priority == "bulk":
            tokens += self._queue.tokens["bulk"]
        elif self._queue.tokens["bulk"]:
            tokens = int(tokens / (1 - BULK_SHARE))
        seconds = tokens / self.speed
        if seconds > self._max_wait:
            self.counters.rejected += 1
            retry_after = max(1.0, seconds - self._max_wait / 2)
            raise OverloadedError(
                f"the server is overloaded: {seconds:.0f} seconds of work are waiting",
                hint=f"try again in {retry_after:.0f} seconds",
                retry_after=retry_after,
            )

    # the thread

    def _run(self) -> None:
        while parts := self._next_batch():
            started = time.perf_counter()
            tokens = 0
            # an interactive request is answered before the bulk part of its batch is encoded
            for _, group in groupby(parts, key=lambda part: part.request.priority):
                tokens += self._run_group(list(group))
            seconds = time.perf_counter() - started
            if tokens:
                measured = tokens / seconds
                self.speed = 0.8 * self.speed + 0.2 * measured if self.speed else measured
            self.counters.batches += 1
            self.counters.seconds += seconds
            self.counters.tokens += tokens

    def _run_group(self, parts: list[Part]) -> int:
        """Encode texts and answer their requests; the number of tokens read."""
        started = time.perf_counter()
        for part in parts:
            part.request.result.timing.started = part.request.result.timing.started or started
        try:
            return self._encode(parts)
        except BaseException as error:
            for part in parts:
                future = part.request.future
                _call(future.get_loop(), _set_error, future, error)
            return 0

    def _next_batch(self) -> list[Part]:
        """Wait for requests, and take the next batch; empty when the batcher is closed."""
        with self._changed:
            while True:
                self.counters.cancelled += self._queue.drop_done()
                if self._queue:
                    return self._queue.take(self.budget)
                if self._closing:
                    return []
                self._changed.wait()

    def _encode(self, parts: list[Part]) -> int:
        """Encode the texts of a batch, each different one once; the number of tokens read."""
        lane = parts[0].request.lane
        texts = [text for part in parts for text in part.request.texts[part.start : part.stop]]
        found = self._at_hand(lane, texts)
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        new: dict[str, CachedVector] = {}
        tokens = 0
        for encoded in lane.encoder.encode_stream(
            missing, prompt=lane.prefix, truncation=lane.truncation
        ):
            tokens += int(encoded.kept.sum())
            rows = map(CachedVector, encoded.vectors, encoded.seen.tolist(), encoded.kept.tolist())
            new |= zip(encoded.texts, rows, strict=True)
        found |= new
        self._last = lane.key, found
        self.cache.add(lane.encoder, lane.mode, new)
        self.counters.texts += len(texts)
        self.counters.shared += len(texts) - len(missing)
        for part in parts:
            self._fill(part, [found[t] for t in part.request.texts[part.start : part.stop]])
        self._deliver(parts)
        return tokens

    def _at_hand(self, lane: Lane, texts: list[str]) -> dict[str, CachedVector]:
        """Vectors of the cache, and of the last batch: a text may arrive while it is encoded."""
        key, last = self._last
        found = {text: last[text] for text in texts if text in last} if key == lane.key else {}
        unknown = [text for text in dict.fromkeys(texts) if text not in found]
        found |= self.cache.find(lane.encoder, lane.mode, unknown)
        return found

    def _fill(self, part: Part, rows: list[CachedVector]) -> None:
        result = part.request.result
        span = slice(part.start, part.stop)
        result.vectors[span] = [row.vector for row in rows]
        result.seen[span] = [row.seen for row in rows]
        result.read[span] = [row.read for row in rows]
        self.counters.truncated += sum(row.read < row.seen for row in rows)

    def _deliver(self, parts: list[Part]) -> None:
        """Answer the requests that are complete: one call into the event loop for all of them."""
        ended = time.perf_counter()
        done = [part.request for part in parts if part.stop == len(part.request.texts)]
        by_loop: dict[asyncio.AbstractEventLoop, list[QueuedRequest]] = {}
        for request in done:
            request.result.timing.ended = ended
            by_loop.setdefault(request.future.get_loop(), []).append(request)
        for loop, requests in by_loop.items():
            _call(loop, _set_results, requests)


def _set_results(requests: list[QueuedRequest]) -> None:
    for request in requests:
        if not request.future.done():
            request.future.set_result(request.result)


def _set_error(future: asyncio.Future[Embedded], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _call(
    loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object
) -> None:
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:  # the loop was closed: no request waits
        return
