"""Open event streams, ended when the server ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Streams:
    """The event streams that are open now; a page holds one as long as it is shown."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[None]] = set()

    def end(self) -> None:
        """End all of them."""
        for task in self._open:
            task.cancel()

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; where the answer is an event stream, `end` ends it."""
        ended = False

        async def watched(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/event-stream"):
                    self._open.add(task)
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        task = asyncio.ensure_future(_run(app, scope, receive, watched))
        try:
            await task
        except asyncio.CancelledError:
            if task not in self._open or not task.cancelled():
                task.cancel()
                raise
            if not ended:
                with suppress(OSError):
                    await send({"type": "http.response.body", "body": b""})
        finally:
            self._open.discard(task)


class EndedStreams:
    """ASGI middleware that runs every request under `Streams`."""

    def __init__(self, app: ASGIApp, streams: Streams) -> None:
        self._app, self._streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request."""
        if scope["type"] == "http":
            await self._streams.run(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)
