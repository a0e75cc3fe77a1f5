"""Batches over requests: the texts of all clients are encoded together, a token budget at a time.

Two threads encode; the event loop only submits and waits. While one batch is tokenized or answered,
which takes one core, the other one uses the rest.
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
    Part,
    Priority,
    QueuedRequest,
    Timing,
    estimate_tokens,
)
from likewise.server.in_flight import InFlight
from likewise.server.vector_cache import CachedVector, VectorCache

THREADS = 2
"""Batches that run at the same time."""

TOKENS_PER_CORE = 1024
"""Most tokens of a batch for each core: enough to use them all."""

BATCH_SECONDS = 0.1
"""Most time for the batches that run, by the measured speed: an interactive request waits for the
first of them to end."""

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
        seconds: time spent encoding, the sum over the threads.
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
    """Encodes the texts of all requests in batches, in threads of its own.

    Args:
        max_wait: seconds of work that may wait in a queue; requests beyond it are refused.
        cache: vectors of texts that were encoded before.
        token_budget: most tokens of a batch; 1,024 for each core when not given.

    Attributes:
        counters: what was done so far.
        cache: vectors of texts that were encoded before.
        speed: tokens a second in the last batches, of all threads together; 0 before the first.
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
        self._in_flight = InFlight(remembered=THREADS)
        self.speed = 0.0
        self._recent = 0.0, 0.0
        self._ended = 0.0
        self._changed = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, name=f"likewise-batcher-{i}", daemon=True)
            for i in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def budget(self) -> int:
        """Tokens of the next batch."""
        if not self.speed:
            return self._most_tokens
        return min(self._most_tokens, max(LEAST_TOKENS, int(BATCH_SECONDS * self.speed / THREADS)))

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
        """Finish what is queued, then end the threads."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
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

    # the threads

    def _run(self) -> None:
        while parts := self._next_batch():
            started = time.perf_counter()
            tokens = 0
            # an interactive request is answered before the bulk part of its batch is encoded
            for _, group in groupby(parts, key=lambda part: part.request.priority):
                tokens += self._run_group(list(group))
            self._record(started, tokens)

    def _record(self, started: float, tokens: int) -> None:
        """Count a batch that ends now."""
        with self._changed:
            ended = time.perf_counter()
            self.counters.batches += 1
            self.counters.seconds += ended - started
            self.counters.tokens += tokens
            if tokens:  # of the time, what no other batch has counted
                seconds = ended - max(started, self._ended)
                before_tokens, before_seconds = self._recent
                self._recent = 0.8 * before_tokens + tokens, 0.8 * before_seconds + seconds
                self.speed = self._recent[0] / self._recent[1]
                self._ended = ended

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
                    parts = self._queue.take(self.budget)
                    if self._queue:
                        self._changed.notify()  # the other thread takes the rest
                    return parts
                if self._closing:
                    return []
                self._changed.wait()

    def _encode(self, parts: list[Part]) -> int:
        """Encode the texts of a batch, each different one once; the number of tokens read."""
        lane = parts[0].request.lane
        texts = [text for part in parts for text in part.request.texts[part.start : part.stop]]
        unique = dict.fromkeys(texts)
        found = self.cache.find(lane.encoder, lane.mode, unique)
        claim = self._in_flight.claim(lane, [text for text in unique if text not in found])
        new: dict[str, CachedVector] = {}
        try:
            new = _vectors(lane, claim.missing)
        finally:
            self._in_flight.finish(lane, claim, new)
        found |= claim.found | new
        for other in claim.others:
            found |= other.wait()
        again = _vectors(lane, [text for text in unique if text not in found])  # the other failed
        found |= again
        self.cache.add(lane.encoder, lane.mode, new | again)
        for part in parts:
            self._fill(part, [found[t] for t in part.request.texts[part.start : part.stop]])
        with self._changed:
            self.counters.texts += len(texts)
            self.counters.shared += len(texts) - len(new) - len(again)
            self.counters.truncated += sum(found[text].read < found[text].seen for text in texts)
        self._deliver(parts)
        return sum(row.read for row in (*new.values(), *again.values()))

    @staticmethod
    def _fill(part: Part, rows: list[CachedVector]) -> None:
        result = part.request.result
        span = slice(part.start, part.stop)
        result.vectors[span] = [row.vector for row in rows]
        result.seen[span] = [row.seen for row in rows]
        result.read[span] = [row.read for row in rows]

    def _deliver(self, parts: list[Part]) -> None:
        """Answer the requests that are complete: one call into the event loop for all of them."""
        ended = time.perf_counter()
        done = []
        with self._changed:  # two threads may have texts of the same request
            for part in parts:
                part.request.unfinished -= part.stop - part.start
                if not part.request.unfinished:
                    done.append(part.request)
        by_loop: dict[asyncio.AbstractEventLoop, list[QueuedRequest]] = {}
        for request in done:
            request.result.timing.ended = ended
            by_loop.setdefault(request.future.get_loop(), []).append(request)
        for loop, requests in by_loop.items():
            _call(loop, _set_results, requests)


def _vectors(lane: Lane, texts: list[str]) -> dict[str, CachedVector]:
    """Encode different texts."""
    found: dict[str, CachedVector] = {}
    for encoded in lane.encoder.encode_stream(
        texts, prompt=lane.prefix, truncation=lane.truncation
    ):
        rows = map(CachedVector, encoded.vectors, encoded.seen.tolist(), encoded.kept.tolist())
        found |= zip(encoded.texts, rows, strict=True)
    return found


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
