"""Serves an app until it is stopped; accepted requests are answered first."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.errors import InputError, LikewiseError
from likewise.extras import require
from likewise.server.access import Access, exposure
from likewise.server.handover import HandoverPoint, finish_take_over
from likewise.server.http_protocol import http_protocol
from likewise.server.lifecycle import Lifecycle
from likewise.server.listener import Address, Listener, listen
from likewise.server.logs import JsonFormatter, LineWriter, LogFormat
from likewise.server.secure import ServedApp, secure

KEEP_ALIVE_SECONDS = 75
"""Idle connections stay open that long: longer than clients use them, so that none is closed while
a request is on its way."""

IDLE_SECONDS = 6.0
"""The same once the server stops: longer than the 5 s of Python's clients."""

FORCED_SECONDS = 5
"""After the time to drain, what still runs is ended within that time."""

INTERRUPTED = 130
_log = logging.getLogger("likewise.server")


@dataclass(frozen=True)
class ServeOptions:
    """How an app is served.

    Attributes:
        address: where to listen.
        replace: take the place of the server that listens there.
        tls_cert: file of the certificate chain, PEM.
        tls_key: file of its private key, PEM.
        drain_delay: seconds in which connections are still accepted once the server stops, so that
            a load balancer can notice.
        drain_seconds: how long requests may take to end after that.
        open_browser: open the page once it answers.
        log_format: how requests are logged.
        log_texts: log their texts, too.
    """

    address: Address = field(default_factory=Address)
    replace: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    drain_delay: float = 0
    drain_seconds: float = 30
    open_browser: bool = False
    log_format: LogFormat = "auto"
    log_texts: bool = False


def serve(
    build: Callable[[], ServedApp], access: Access, options: ServeOptions | None = None
) -> None:
    """Serve an app until interrupted.

    SIGTERM or Ctrl-C, or a server that replaces it, stops it: `/health` turns 503, requests that
    were accepted are answered, then it ends. A second Ctrl-C ends it at once.

    Args:
        build: makes the app, once the address is known to be free.
        access: who may use it.
        options: where, and how.

    Raises:
        InputError: the address or the TLS files cannot be used.
        LikewiseError: the app did not start.
        KeyboardInterrupt: it was ended by Ctrl-C.
        MissingExtraError: the extra `server` is not installed.
    """
    uvicorn: Any = require("uvicorn", "server")
    options = options or ServeOptions()
    check_tls(options.tls_cert, options.tls_key)
    listener = listen(options.address, replace=options.replace)
    lifecycle = Lifecycle()
    writer, as_json = _logging(options)
    startup = _Startup(
        secure(
            build(), access, lifecycle, writer=writer, as_json=as_json, log_texts=options.log_texts
        )
    )
    config = uvicorn.Config(
        startup, log_config=None, access_log=False, http=http_protocol(), lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=1,
        ssl_certfile=options.tls_cert, ssl_keyfile=options.tls_key, server_header=False,
    )  # fmt: skip
    server = _server_class(uvicorn.Server)(config, listener, lifecycle, access, options)
    try:
        server.run(sockets=[listener.socket])
    except SystemExit:
        if startup.error:
            raise startup.error from None
        raise
    finally:
        listener.socket.close()
        if writer:
            writer.close()
    if server.interrupted:
        raise KeyboardInterrupt


class _Startup:
    """Remembers the error with which an app does not start; uvicorn would log its traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.error: LikewiseError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failed = False

        async def quiet_send(message: Message) -> None:
            nonlocal failed
            if message["type"] == "lifespan.startup.failed":
                failed, message = True, {**message, "message": ""}
            await send(message)

        try:
            await self._app(scope, receive, quiet_send)
        except LikewiseError as error:
            self.error = error
            if not failed:
                await quiet_send({"type": "lifespan.startup.failed"})


def check_tls(cert: Path | None, key: Path | None) -> None:
    """Check the TLS files before anything is loaded.

    Raises:
        InputError: they cannot be used.
    """
    if cert is None and key is None:
        return
    if cert is None:
        raise InputError("--tls-key without --tls-cert", hint="give the certificate, too")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise InputError(
            f"the TLS files {cert} and {key or cert} cannot be used: {error}",
            hint="both are PEM files; the key has no password and belongs to the certificate",
        ) from error


def _logging(options: ServeOptions) -> tuple[LineWriter | None, bool]:
    """Where requests are logged, and whether as JSON."""
    as_json = options.log_format == "json" or (
        options.log_format == "auto" and not sys.stderr.isatty()
    )
    handler = logging.StreamHandler()
    if as_json:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    for name in ("likewise", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)
    return (None if options.log_format == "off" else LineWriter()), as_json


def _server_class(base: Any) -> Any:
    """Uvicorn's server with a stop that loses nothing."""

    class DrainingServer(base):  # type: ignore[misc]
        """Drains before it ends.

        Args:
            config: of uvicorn.
            listener: the socket.
            lifecycle: of this process.
            access: who may use it.
            options: how it is served.

        Attributes:
            interrupted: whether Ctrl-C ended it.
        """

        def __init__(
            self,
            config: Any,
            listener: Listener,
            lifecycle: Lifecycle,
            access: Access,
            options: ServeOptions,
        ) -> None:
            super().__init__(config)
            self._listener, self._lifecycle = listener, lifecycle
            self._access, self._options = access, options
            self._handover: HandoverPoint | None = None
            self._replaced = False
            self.interrupted = False

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            options, listener = self._options, self._listener
            finish_take_over(options.address.name)
            if options.address.fd is None and options.address.port:
                self._handover = HandoverPoint(
                    options.address.name, listener.socket, self._on_replaced
                )
            encrypted = options.tls_cert is not None
            host = options.address.reached_at
            url = listener.url("https" if encrypted else "http", host)
            sys.stderr.write(f"Likewise is at {url} (Ctrl+C ends it)\n")
            if not url.startswith("unix:"):
                port = listener.socket.getsockname()[1]
                sys.stderr.write(exposure(host, port, self._access, encrypted=encrypted))
            sys.stderr.flush()
            if options.open_browser:
                webbrowser.open(url)

        def handle_exit(self, sig: int, _frame: Any) -> None:
            if sig == signal.SIGINT and self.interrupted:
                os._exit(INTERRUPTED)
            self.interrupted = self.interrupted or sig == signal.SIGINT
            self.should_exit = True

        def _on_replaced(self) -> None:
            self._replaced = True
            self.should_exit = True

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            self._lifecycle.drain()
            if self._handover:
                self._handover.close()
            if not self._replaced:
                await asyncio.sleep(self._options.drain_delay)
            await self._stop_accepting()
            self._lifecycle.end_streams()
            if not await self._drain():
                _log.warning(
                    "%d requests did not end within %g s, and are cancelled",
                    self._lifecycle.in_flight, self._options.drain_seconds,
                )  # fmt: skip
                forced = threading.Timer(FORCED_SECONDS, os._exit, (1,))
                forced.daemon = True
                forced.start()
            await super().shutdown(sockets)

        async def _stop_accepting(self) -> None:
            """Close the socket, here, once no connection waits to be accepted."""
            if not (self._replaced or self._listener.shared):
                for _ in range(100):
                    if not self._listener.has_waiting():
                        break
                    await asyncio.sleep(0.01)
            for server in self.servers:
                server.close()
            if self._options.address.uds and not self._replaced:
                self._options.address.uds.unlink(missing_ok=True)

        async def _drain(self) -> bool:
            """Wait for the requests and the idle connections; False where the time is over."""
            loop = asyncio.get_running_loop()
            started = loop.time()
            # after Ctrl-C somebody waits
            idle_seconds = 0.5 if self.interrupted else IDLE_SECONDS
            while loop.time() - started < self._options.drain_seconds:
                for connection in list(self.server_state.connections):
                    active = max(getattr(connection, "active", started), started)
                    if _is_idle(connection) and loop.time() - active >= idle_seconds:
                        connection.transport.close()
                if not self.server_state.connections and not self._lifecycle.in_flight:
                    return True
                await asyncio.sleep(0.02)
            return not self._lifecycle.in_flight

    return DrainingServer


def _is_idle(connection: Any) -> bool:
    if hasattr(connection, "idle"):
        return bool(connection.idle)
    cycle = getattr(connection, "cycle", None)
    return cycle is None or cycle.response_complete
