"""How much a visitor may send."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.web.visitors import path_of

MOST_BYTES = 200 << 20
"""Largest file that can be handed in."""

MOST_TYPED = 32_000_000
"""Largest body of any other request."""

_FORM = 1_000_000
"""What a form adds to the file in it."""


class BodyLimit:
    """ASGI middleware that refuses request bodies beyond a limit, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request as long as its body is within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = path_of(scope).endswith("/upload")
        most = MOST_BYTES + _FORM if upload else MOST_TYPED
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > most:
            await JSONResponse({"detail": "http.413"}, 413)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # to whoever reads it, the visitor has gone
            return message if read <= most else {"type": "http.disconnect"}

        await self._app(scope, counted, send)
