"""Whether the server takes requests, and the requests that it is answering."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.server.guard import OPEN_PATHS

_CLOSE = (b"connection", b"close")
_DRAINING = b'{"status":"draining"}'


class Lifecycle:
    """What the parts of a server know of its start and end.

    Attributes:
        draining: whether it is about to end: requests are still answered, and `/health` says 503.
        in_flight: requests that are being answered.
    """

    def __init__(self) -> None:
        self.draining = False
        self.in_flight = 0
        self._streams: set[asyncio.Task[object]] = set()
        self._ended: set[asyncio.Task[object]] = set()

    def drain(self) -> None:
        """From now on clients are asked to go elsewhere."""
        self.draining = True

    def end_streams(self) -> None:
        """End the event streams; a page keeps one open as long as it is shown."""
        for task in list(self._streams):
            self._ended.add(task)
            task.cancel()

    def opened_stream(self, task: asyncio.Task[object]) -> None:
        """A request is answered by an event stream."""
        self._streams.add(task)

    def closed(self, task: asyncio.Task[object]) -> bool:
        """A request is over; whether its stream was ended by `end_streams`."""
        self._streams.discard(task)
        ended = task in self._ended
        self._ended.discard(task)
        return ended


class LifecycleMiddleware:
    """Counts requests; while the server drains, connections end after their next answer.

    Args:
        app: the server.
        lifecycle: of this process.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self._app, self._lifecycle = app, lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lifecycle, task = self._lifecycle, asyncio.current_task()
        assert task is not None
        complete = False

        async def watched(message: Message) -> None:
            nonlocal complete
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if lifecycle.draining:
                    message = {**message, "headers": [*headers, _CLOSE]}
                if any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in headers
                ):
                    lifecycle.opened_stream(task)
            else:
                complete = not message.get("more_body")
            await send(message)

        lifecycle.in_flight += 1
        try:
            if lifecycle.draining and scope["path"] in OPEN_PATHS:
                await _unavailable(watched)
            else:
                await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if not lifecycle.closed(task):
                raise
            task.uncancel()
            if not complete:
                with suppress(OSError):
                    await send({"type": "http.response.body", "body": b""})
        finally:
            lifecycle.closed(task)
            lifecycle.in_flight -= 1


async def _unavailable(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(_DRAINING)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _DRAINING})
