"""Serves an app until it is interrupted."""

from __future__ import annotations

import socket
import sys
import webbrowser
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp

from likewise.errors import InputError
from likewise.extras import require
from likewise.server.access import Access, exposure
from likewise.server.secure import secure
from likewise.server.streams import Streams


def serve(
    build: Callable[[], ASGIApp],
    access: Access,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
) -> None:
    """Serve an app until interrupted.

    Args:
        build: makes the app, once the port is known to be free.
        access: who may use it.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        open_browser: open the page once it answers.

    Raises:
        InputError: the port cannot be had.
        MissingExtraError: the extra `server` is not installed.
    """
    uvicorn: Any = require("uvicorn", "server")
    with _listening(host, port) as listener:
        streams = Streams()
        app = secure(build(), access, streams=streams)
        address = f"http://{_shown(host)}:{listener.getsockname()[1]}"

        class Server(uvicorn.Server):  # type: ignore[misc]
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                sys.stderr.write(f"Likewise is at {address} (Ctrl+C ends it)\n")
                sys.stderr.write(exposure(host, listener.getsockname()[1], access))
                sys.stderr.flush()
                if open_browser:
                    webbrowser.open(address)

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                streams.end()  # else it waits for every page that is open
                await super().shutdown(sockets)

        settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        Server(settings).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket on that address, so that a busy port is reported before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}",
            hint="something else may use it; choose another with --port",
        ) from error
    return listener


def _shown(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host
