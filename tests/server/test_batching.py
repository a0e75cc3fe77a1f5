"""Batches over requests: fair, cancellable, bounded, and each text encoded once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import OverloadedError
from likewise.server.batch_queue import (
    BatchQueue,
    Embedded,
    Lane,
    Part,
    Priority,
    QueuedRequest,
    Timing,
    estimate_tokens,
)
from likewise.server.batching import Batcher
from likewise.server.vector_cache import VectorCache
from likewise.server.vector_file import VectorFile


def texts(count: int, start: int = 0, words: int = 12) -> list[str]:
    return [f"text number {start + i} " + "and so on " * words for i in range(count)]


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    found = Batcher(token_budget=512)
    yield found
    found.close()


def test_requests_share_batches_and_get_their_own_vectors(
    batcher: Batcher, encoder: likewise.Encoder
) -> None:
    requests = [texts(3, start=10 * i) for i in range(12)]

    async def ask() -> list[Embedded]:
        lane = Lane(encoder)
        return list(await asyncio.gather(*(batcher.submit(lane, each) for each in requests)))

    found = asyncio.run(ask())
    for given, result in zip(requests, found, strict=True):
        np.testing.assert_array_equal(result.vectors, encoder.encode(given))
        assert result.seen.tolist() == [each.seen for each in encoder.count_tokens(given)]
    assert batcher.counters.batches < len(requests)


def test_equal_texts_in_flight_are_encoded_once(
    batcher: Batcher, encoder: likewise.Encoder
) -> None:
    same = "the same text for everyone"

    async def ask() -> None:
        lane = Lane(encoder)
        first = batcher.submit(lane, [same, *texts(40)])
        await asyncio.sleep(0.01)  # the first batch runs
        await asyncio.gather(first, *(batcher.submit(lane, [same]) for _ in range(20)))

    asyncio.run(ask())
    assert batcher.counters.texts == 61
    assert batcher.counters.shared == 20


def test_a_request_is_answered_when_all_of_its_batches_have_ended(
    batcher: Batcher, encoder: likewise.Encoder
) -> None:
    given = [*texts(2, words=100), "the last text is short"]  # its batch ends first

    async def ask() -> Any:
        return (await batcher.submit(Lane(encoder), given)).vectors.copy()  # as they are now

    np.testing.assert_array_equal(asyncio.run(ask()), encoder.encode(given))


def test_an_interactive_request_overtakes_a_bulk_request(
    batcher: Batcher, encoder: likewise.Encoder
) -> None:
    done: list[str] = []

    async def ask(name: str, given: list[str]) -> None:
        await batcher.submit(Lane(encoder), given)
        done.append(name)

    async def both() -> None:
        bulk = asyncio.create_task(ask("bulk", texts(400)))
        await asyncio.sleep(0.05)
        await ask("interactive", ["one short question"])
        await bulk

    asyncio.run(both())
    assert done == ["interactive", "bulk"]


def test_an_interactive_request_does_not_wait_for_the_bulk_part_of_its_batch(
    encoder: likewise.Encoder,
) -> None:
    batcher = Batcher(token_budget=4096)

    async def ask() -> tuple[Embedded, Embedded]:
        lane = Lane(encoder)
        running = batcher.submit(lane, texts(40))
        await asyncio.sleep(0.01)  # the next two are queued, and form one batch
        bulk = batcher.submit(lane, texts(3, start=100), priority="bulk")
        interactive = batcher.submit(lane, ["one short question"])
        await running
        return await interactive, await bulk

    interactive, bulk = asyncio.run(ask())
    batcher.close()
    assert batcher.counters.batches == 2
    assert interactive.timing.ended < bulk.timing.ended


def test_what_is_cancelled_is_not_encoded(batcher: Batcher, encoder: likewise.Encoder) -> None:
    async def ask() -> None:
        first = batcher.submit(Lane(encoder), texts(40))
        gone = batcher.submit(Lane(encoder), texts(400, start=1000))
        gone.cancel()
        await first

    asyncio.run(ask())
    assert batcher.counters.texts < 440
    assert batcher.counters.cancelled == 1
    assert batcher.waiting("bulk") == (0, 0)


def test_too_much_work_is_refused_with_the_time_to_wait(encoder: likewise.Encoder) -> None:
    batcher = Batcher(token_budget=512, max_wait=0.5)

    async def ask() -> OverloadedError:
        lane = Lane(encoder)
        await batcher.submit(lane, texts(50))  # the speed is known
        waiting: list[asyncio.Future[Embedded]] = []
        with pytest.raises(OverloadedError) as refused:
            waiting.extend(batcher.submit(lane, texts(99, start=100 * i)) for i in range(1, 50))
        assert waiting, "what fits is accepted"
        for each in waiting:
            each.cancel()
        return refused.value

    error = asyncio.run(ask())
    batcher.close()
    assert error.retry_after >= 1
    assert batcher.counters.rejected == 1


def test_cancelled_work_refuses_nothing(encoder: likewise.Encoder) -> None:
    batcher = Batcher(token_budget=512, max_wait=0.5)

    async def ask() -> None:
        lane = Lane(encoder)
        await batcher.submit(lane, texts(50))  # the speed is known
        waiting: list[asyncio.Future[Embedded]] = []
        with pytest.raises(OverloadedError):
            waiting.extend(batcher.submit(lane, texts(99, start=100 * i)) for i in range(50))
        for each in waiting[1:]:
            each.cancel()
        await asyncio.sleep(0)
        await asyncio.gather(waiting[0], batcher.submit(lane, texts(1)))

    asyncio.run(ask())
    batcher.close()


def test_batches_shrink_on_a_slow_processor(batcher: Batcher) -> None:
    assert batcher.budget == 512
    batcher.speed = 8_000
    assert batcher.budget == 400
    batcher.speed = 10
    assert batcher.budget == 256


def test_an_error_reaches_the_request_and_the_batcher_goes_on(
    batcher: Batcher, encoder: likewise.Encoder
) -> None:
    async def ask() -> Any:
        with pytest.raises(likewise.errors.TextError):
            await batcher.submit(Lane(encoder), ["\ud800"])
        return await batcher.submit(Lane(encoder), ["fine"])

    assert asyncio.run(ask()).vectors.shape == (1, 384)


def test_cached_vectors_are_the_same(encoder: likewise.Encoder) -> None:
    batcher = Batcher(cache=VectorCache(10**6))
    given = texts(5)

    async def ask(some: list[str]) -> Embedded:
        return await batcher.submit(Lane(encoder), some)

    first = asyncio.run(ask(given))
    asyncio.run(ask(["something else"]))
    again = asyncio.run(ask(given))
    batcher.close()
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert batcher.counters.shared == 5


def test_vectors_on_disk_outlive_the_process(encoder: likewise.Encoder, tmp_path: Path) -> None:
    given, path = texts(600, words=1), tmp_path / "cache" / "vectors.sqlite"
    counts: list[tuple[int, int]] = []
    results: list[Embedded] = []
    for _ in range(2):
        batcher = Batcher(cache=VectorCache(0, VectorFile(path, 10**9)))

        async def ask(batcher: Batcher = batcher) -> Embedded:
            return await batcher.submit(Lane(encoder), given)

        results.append(asyncio.run(ask()))
        batcher.close()
        counts.append((batcher.counters.tokens > 0, batcher.counters.shared))
    assert counts == [(True, 0), (False, 600)]
    for first, second in zip(results[0][:3], results[1][:3], strict=True):
        np.testing.assert_array_equal(first, second)
    assert b"text number" not in path.read_bytes()


def test_a_damaged_file_is_an_empty_cache(
    encoder: likewise.Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(b"rubbish" * 1000)
    batcher = Batcher(cache=VectorCache(0, VectorFile(path, 10**9)))

    async def ask() -> Embedded:
        return await batcher.submit(Lane(encoder), ["fine"])

    assert asyncio.run(ask()).vectors.shape == (1, 384)
    batcher.close()
    assert "cannot be used" in caplog.text


def test_the_cache_stays_within_its_limit(encoder: likewise.Encoder) -> None:
    cache = VectorCache(20_000)
    batcher = Batcher(cache=cache)

    async def ask() -> None:
        for i in range(10):
            await batcher.submit(Lane(encoder), texts(5, start=5 * i))

    asyncio.run(ask())
    batcher.close()
    assert 0 < cache.size <= 20_000


class TestQueue:
    """Which texts form the next batch."""

    @pytest.fixture
    def queue(self) -> BatchQueue:
        return BatchQueue()

    @pytest.fixture
    def add(self, queue: BatchQueue, encoder: likewise.Encoder) -> Any:
        loop = asyncio.new_event_loop()

        def add(priority: Priority, count: int, prefix: str = "") -> QueuedRequest:
            given = ["word " * 38] * count
            tokens = estimate_tokens(given, 256)
            assert tokens[0] == 49
            counts = np.empty(count, np.int64)
            result = Embedded(np.empty((count, 384), np.float32), counts, counts, Timing(0))
            request = QueuedRequest(
                Lane(encoder, prefix), given, tokens, loop.create_future(), result, priority
            )
            queue.add(request)
            return request

        yield add
        loop.close()

    @staticmethod
    def texts_of(parts: list[Part], request: QueuedRequest) -> int:
        return sum(part.stop - part.start for part in parts if part.request is request)

    def test_bulk_always_gets_its_share(self, queue: BatchQueue, add: Any) -> None:
        for _ in range(100):
            add("interactive", 1)
        bulk = add("bulk", 100)
        parts = queue.take(1000)
        assert self.texts_of(parts, bulk) >= 5  # a quarter of 1,000 tokens
        assert sum(part.request is not bulk for part in parts) >= 14

    def test_bulk_requests_take_turns(self, queue: BatchQueue, add: Any) -> None:
        first, second = add("bulk", 100), add("bulk", 100)
        counts = [(self.texts_of(p, first), self.texts_of(p, second)) for p in
                  (queue.take(500) for _ in range(4))]  # fmt: skip
        assert counts == [(10, 0), (0, 10), (10, 0), (0, 10)]

    def test_a_batch_has_one_prompt(self, queue: BatchQueue, add: Any) -> None:
        add("interactive", 2)
        add("interactive", 2, "query: ")
        add("interactive", 2)
        batches = [{part.request.lane.prefix for part in queue.take(1000)} for _ in range(2)]
        assert batches == [{""}, {"query: "}]
        assert not queue

    def test_a_bulk_request_of_another_model_gets_a_turn(self, queue: BatchQueue, add: Any) -> None:
        for _ in range(400):
            add("interactive", 1)
        other = add("bulk", 10, "passage: ")
        batches = [queue.take(1000) for _ in range(4)]
        assert self.texts_of(batches[3], other) == 10

    def test_one_text_over_the_budget_is_a_batch(self, queue: BatchQueue, add: Any) -> None:
        add("interactive", 1)
        assert len(queue.take(10)) == 1
        assert not queue
        assert queue.tokens == {"interactive": 0, "bulk": 0}


def test_the_event_loop_is_not_blocked(batcher: Batcher, encoder: likewise.Encoder) -> None:
    late: list[float] = []

    async def heartbeat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            late.append(time.perf_counter() - before - 0.01)

    async def work() -> None:
        beat = asyncio.create_task(heartbeat())
        lane = Lane(encoder)
        await asyncio.gather(*(batcher.submit(lane, texts(100, start=100 * i)) for i in range(6)))
        beat.cancel()

    asyncio.run(work())
    assert len(late) > 5
    assert np.median(late) < 0.02
