"""Work that does not go through the batcher: token states and cross-encoders."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from likewise.errors import OverloadedError

P = TypeVar("P")
R = TypeVar("R")


class Worker:
    """Computes the parts of requests in one thread; requests take turns after each part.

    Args:
        max_wait: seconds of work that may wait; requests beyond it are refused.
    """

    def __init__(self, max_wait: float = 20.0) -> None:
        self._max_wait = max_wait
        self._thread = ThreadPoolExecutor(1, "likewise-worker")
        self._waiting = 0
        self._seconds = 0.0  # of a part, as measured

    async def run(self, function: Callable[[P], R], parts: Sequence[P]) -> list[R]:
        """Apply a function to each part. Parts that have not begun are dropped on cancellation.

        Raises:
            OverloadedError: too much is waiting.
        """
        seconds = self._waiting * self._seconds
        if seconds > self._max_wait:
            retry_after = max(1.0, seconds - self._max_wait / 2)
            raise OverloadedError(
                f"the server is overloaded: {seconds:.0f} seconds of work are waiting",
                hint=f"try again in {retry_after:.0f} seconds",
                retry_after=retry_after,
            )
        loop = asyncio.get_running_loop()
        self._waiting += len(parts)
        left = len(parts)
        try:
            found = []
            for part in parts:
                found.append(await loop.run_in_executor(self._thread, self._timed, function, part))
                self._waiting -= 1
                left -= 1
            return found
        finally:
            self._waiting -= left

    def close(self) -> None:
        """Finish what has begun, then end the thread."""
        self._thread.shutdown()

    def _timed(self, function: Callable[[P], R], part: P) -> R:
        started = time.perf_counter()
        result = function(part)
        seconds = time.perf_counter() - started
        self._seconds = 0.8 * self._seconds + 0.2 * seconds if self._seconds else seconds
        return result
