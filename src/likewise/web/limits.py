"""Limits of request bodies."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.web.visitors import path_of

MAX_UPLOAD_BYTES = 200 << 20
"""Largest uploaded file."""

MAX_BODY_BYTES = 32_000_000
"""Largest body of any other request."""

_FORM_BYTES = 1_000_000
"""Bytes that a form adds to its file."""


class BodyLimit:
    """ASGI middleware that refuses request bodies beyond a limit, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request while its body is within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = path_of(scope).endswith("/upload")
        most = MAX_UPLOAD_BYTES + _FORM_BYTES if upload else MAX_BODY_BYTES
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > most:
            await JSONResponse({"detail": "http.413"}, 413)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # the app sees a disconnected client
            return message if read <= most else {"type": "http.disconnect"}

        await self._app(scope, counted, send)
