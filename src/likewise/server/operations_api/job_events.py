"""Wakes those who wait for the next event of a job."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class JobEvents:
    """Connects the threads that run jobs with the streams that wait for their events.

    Attributes:
        closed: whether streams should end.
    """

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}

    def notify(self, job_id: str) -> None:
        """Something happened to a job; called from any thread."""
        with self._lock:
            waiting = list(self._waiting.get(job_id, ()))
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """End the streams."""
        self.closed = True
        with self._lock:
            jobs = list(self._waiting)
        for job_id in jobs:
            self.notify(job_id)

    @contextmanager
    def watch(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event of this loop that is set whenever something happened to a job."""
        pair = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.setdefault(job_id, set()).add(pair)
        try:
            yield pair[1]
        finally:
            with self._lock:
                self._waiting[job_id].discard(pair)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]
