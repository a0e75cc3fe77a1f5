"""uvicorn's HTTP protocol with limits on what comes before a request."""

from __future__ import annotations

import asyncio
from typing import Any

HEADER_SECONDS = 10
"""Until the headers of a request have arrived, and the first one on a new connection."""

HEADER_BYTES = 64 << 10
"""Of the address and the headers of a request."""


def http_protocol() -> Any:
    """The protocol class on httptools; the name of uvicorn's own where that is not installed."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        return "h11"

    class LimitedProtocol(HttpToolsProtocol):
        """Ends connections that send headers too slowly, or too many of them.

        Attributes:
            active: when something was last received or answered, in seconds of the loop's clock.
        """

        active = 0.0
        _header_bytes = 0
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.active = self.loop.time()
            self._timer = self.loop.call_later(HEADER_SECONDS, self._header_timeout)

        def connection_lost(self, exc: Exception | None) -> None:
            self._cancel_timer()
            super().connection_lost(exc)

        @property
        def idle(self) -> bool:
            """Whether no request is being received or answered."""
            answered = self.cycle is None or self.cycle.response_complete
            return answered and (self._timer is None or self.cycle is None) and not self.pipeline

        def data_received(self, data: bytes) -> None:
            self.active = self.loop.time()
            super().data_received(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._header_bytes = 0
            if self._timer is None:
                self._timer = self.loop.call_later(HEADER_SECONDS, self._header_timeout)

        def on_url(self, url: bytes) -> None:
            self._count(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(len(name) + len(value))
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._cancel_timer()
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            self.active = self.loop.time()
            super().on_response_complete()

        def _count(self, length: int) -> None:
            self._header_bytes += length
            if self._header_bytes > HEADER_BYTES:
                raise ValueError("headers too large")  # the parser makes it an invalid request

        def _header_timeout(self) -> None:
            self._timer = None
            if not self.transport.is_closing():
                self.transport.close()

        def _cancel_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return LimitedProtocol
