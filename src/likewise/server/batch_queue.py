"""The texts that wait to be encoded, and which of them form the next batch.

There are two priorities. Interactive requests go first; bulk requests always get a share of each
batch. Requests of one priority are served in the order of their arrival; bulk requests take turns,
so that a short one does not wait for a long one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from likewise.encoder import Encoder

Priority = Literal["interactive", "bulk"]
Truncation = Literal["cut", "chunk"]
LaneKey = tuple[int, str, str]

BULK_SHARE = 0.25
"""Least share of a batch for bulk requests while some wait."""

BULK_TURN = 4
"""At least one batch of this many belongs to the model of a waiting bulk request."""


@dataclass(frozen=True)
class Lane:
    """What texts of one batch have in common.

    Attributes:
        encoder: the model.
        prefix: the prompt before each text.
        truncation: `cut` or `chunk`.
    """

    encoder: Encoder
    prefix: str = ""
    truncation: Truncation = "cut"

    @property
    def mode(self) -> str:
        """Prompt and truncation."""
        return f"{self.truncation} {self.prefix}"

    @property
    def key(self) -> LaneKey:
        """Equal for lanes whose texts can share a batch."""
        return id(self.encoder), self.prefix, self.truncation


@dataclass(slots=True)
class Timing:
    """When a request was where, in seconds of `time.perf_counter`.

    Attributes:
        submitted: it was queued.
        started: its first batch began.
        ended: its last batch ended.
    """

    submitted: float
    started: float = 0.0
    ended: float = 0.0


class Embedded(NamedTuple):
    """The vectors of one request.

    Attributes:
        vectors: float32 `[n, dimension]`.
        seen: int64 `[n]`, tokens each text has.
        read: int64 `[n]`, tokens of it that were read.
        timing: how long it waited, and how long it took.
    """

    vectors: NDArray[np.float32]
    seen: NDArray[np.int64]
    read: NDArray[np.int64]
    timing: Timing


@dataclass(eq=False)
class QueuedRequest:
    """A request whose texts are not all encoded yet.

    Attributes:
        lane: model, prompt and truncation.
        texts: its texts.
        tokens: estimated tokens of each text.
        future: gets the result.
        result: is filled batch by batch.
        priority: whether it goes first.
        next: the first text that is in no batch yet.
        waiting: estimated tokens that are in no batch yet.
        unfinished: number of texts that have no vector yet.
    """

    lane: Lane
    texts: Sequence[str]
    tokens: list[int]
    future: asyncio.Future[Embedded]
    result: Embedded
    priority: Priority = "interactive"
    next: int = 0
    waiting: int = field(init=False)
    unfinished: int = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = sum(self.tokens)
        self.unfinished = len(self.texts)


class Part(NamedTuple):
    """Texts of one request that are in a batch."""

    request: QueuedRequest
    start: int
    stop: int


class BatchQueue:
    """The requests that wait. Not safe in several threads; its owner holds a lock."""

    def __init__(self) -> None:
        self._queues: dict[Priority, deque[QueuedRequest]] = {
            "interactive": deque(),
            "bulk": deque(),
        }
        self.tokens: dict[Priority, int] = {"interactive": 0, "bulk": 0}
        self._since_bulk = 0

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def requests(self, priority: Priority) -> int:
        """How many requests wait."""
        return len(self._queues[priority])

    def add(self, request: QueuedRequest) -> None:
        """Queue a request."""
        self._queues[request.priority].append(request)
        self.tokens[request.priority] += request.waiting

    def discount(self, request: QueuedRequest) -> None:
        """Stop counting the tokens of a request that was cancelled; `drop_done` removes it."""
        self.tokens[request.priority] -= request.waiting
        request.waiting = 0

    def drop_done(self) -> int:
        """Drop requests that were cancelled or have failed; how many there were."""
        dropped = 0
        for queue in self._queues.values():
            done = [request for request in queue if request.future.done()]
            for request in done:
                queue.remove(request)
                self.discount(request)
            dropped += len(done)
        return dropped

    def take(self, budget: int) -> list[Part]:
        """The next batch: texts of one lane, those of interactive requests first.

        Args:
            budget: estimated tokens; one text may have more.
        """
        return list(self._take(budget))

    def _take(self, budget: int) -> Iterator[Part]:
        interactive, bulk = self._queues["interactive"], self._queues["bulk"]
        bulk_turn = bool(bulk) and (not interactive or self._since_bulk >= BULK_TURN - 1)
        lane = (bulk if bulk_turn else interactive)[0].lane.key
        same_bulk = any(request.lane.key == lane for request in bulk)
        left = budget
        reserved = int(BULK_SHARE * budget) if same_bulk else 0
        for part, tokens in self._take_from("interactive", lane, left - reserved):
            left -= tokens
            yield part
        for part, tokens in self._take_from("bulk", lane, left):
            left -= tokens
            yield part
        self._since_bulk = 0 if same_bulk or not bulk else self._since_bulk + 1

    def _take_from(
        self, priority: Priority, lane: LaneKey, budget: int
    ) -> Iterator[tuple[Part, int]]:
        """Texts of one lane within a budget, at least one; requests in order of arrival.

        What is left of the last request goes to the end of the bulk queue, or stays first in the
        interactive one.
        """
        queue = self._queues[priority]
        skipped: list[QueuedRequest] = []
        taken = 0
        while queue and taken < budget:
            request = queue.popleft()
            if request.lane.key != lane:
                skipped.append(request)
                continue
            start, tokens = request.next, 0
            while request.next < len(request.texts) and (
                not taken + tokens or taken + tokens + request.tokens[request.next] <= budget
            ):
                tokens += request.tokens[request.next]
                request.next += 1
            request.waiting -= tokens
            self.tokens[priority] -= tokens
            taken += tokens
            if request.next < len(request.texts):
                if priority == "bulk":
                    queue.append(request)
                else:
                    queue.appendleft(request)
                if request.next > start:
                    yield Part(request, start, request.next), tokens
                break
            yield Part(request, start, request.next), tokens
        queue.extendleft(reversed(skipped))


def estimate_tokens(texts: Sequence[str], limit: int, prefix: int = 0) -> list[int]:
    """About how many tokens each text has, without tokenizing it.

    Args:
        texts: the texts.
        limit: tokens that the model reads of a text.
        prefix: characters of the prompt.
    """
    return [min(limit, 2 + (prefix + len(text)) // (4 if text.isascii() else 2)) for text in texts]
