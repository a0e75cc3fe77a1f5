"""Several ASGI apps as one: each answers below a path of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from likewise.server.http import App, Receive, Scope, Send

Lifespan = Callable[[], AbstractAsyncContextManager[object]]
"""Runs an app while it is entered."""


class Parts:
    """Passes each request to the app of its path.

    Args:
        rest: answers everywhere else.
    """

    def __init__(self, rest: FastAPI) -> None:
        self._rest = rest
        self._apps: list[tuple[str, App]] = []
        self._lifespans: list[Lifespan] = [_lifespan_of(rest)]

    def add(self, path: str, app: App, lifespan: Lifespan | None = None) -> None:
        """Add an app.

        Args:
            path: it answers there and below.
            app: gets the whole path, as the server received it.
            lifespan: runs it; that of a FastAPI app when not given.
        """
        self._apps.append((path, app))
        if lifespan is None and isinstance(app, FastAPI):
            lifespan = _lifespan_of(app)
        if lifespan:
            self._lifespans.append(lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path: str = scope["path"]
        for prefix, app in self._apps:
            if path == prefix or path.startswith(f"{prefix}/"):
                await app(scope, receive, send)
                return
        await self._rest(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs every app while it is entered."""
        async with AsyncExitStack() as stack:
            for lifespan in self._lifespans:
                await stack.enter_async_context(lifespan())
            yield


async def run_lifespan(lifespan: Lifespan, receive: Receive, send: Send) -> None:
    """Run a context manager as the lifespan of an ASGI app."""
    await receive()
    started = False
    try:
        async with lifespan():
            await send({"type": "lifespan.startup.complete"})
            started = True
            await receive()
    except BaseException as error:
        when = "shutdown" if started else "startup"
        await send({"type": f"lifespan.{when}.failed", "message": str(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})


def _lifespan_of(app: FastAPI) -> Lifespan:
    return lambda: app.router.lifespan_context(app)
