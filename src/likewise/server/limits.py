"""How much a request may send, how long it may take, and bodies that are compressed."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.server.refusal import ErrorResponder, Refusal

_PIECE = 1 << 20
"""Bytes that are decompressed at a time."""

_CLOSE = (b"connection", b"close")
_ENCODINGS = ("gzip", "x-gzip", "deflate")
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Limits:
    """What one request may cost.

    Attributes:
        body_bytes: of a body, as sent and decompressed.
        upload_bytes: the same for a form with files.
        body_seconds: until a body has arrived.
        upload_seconds: the same for a form with files.
        request_seconds: until the answer begins.
    """

    body_bytes: int = 32 << 20
    upload_bytes: int = 201 << 20
    body_seconds: float = 60
    upload_seconds: float = 600
    request_seconds: float = 600


class LimitsMiddleware:
    """Refuses requests beyond the limits; decompresses bodies within them.

    Args:
        app: the server.
        limits: the limits.
        responder: answers what is refused.
    """

    def __init__(self, app: ASGIApp, limits: Limits, responder: ErrorResponder) -> None:
        self._app, self._limits, self._responder = app, limits, responder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limits = self._limits
        most = limits.upload_bytes if upload else limits.body_bytes
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > most:
            await self._responder.send(_too_large(most), scope, send)
            return
        encoding = headers.get(b"content-encoding", b"identity").decode("latin-1").strip().lower()
        if encoding not in ("identity", *_ENCODINGS):
            await self._responder.send(_UNKNOWN_ENCODING, scope, send)
            return
        decoder = None if encoding == "identity" else Decompressor(encoding, most)
        if decoder:
            scope = {**scope, "headers": _without_encoding(scope["headers"])}
        seconds = limits.upload_seconds if upload else limits.body_seconds
        answer = _Answer(scope, send, self._responder)
        body = _Body(receive, answer, most, seconds, decoder)
        try:
            async with asyncio.timeout(limits.request_seconds) as timer:
                answer.timer = timer
                await self._app(scope, body.receive, answer.send)
        except TimeoutError:
            if not timer.expired() or not await answer.refuse(_TOO_SLOW):
                raise
        except Exception:
            if not answer.refused:  # else it is what the app made of the disconnect
                raise


class _Answer:
    """The response on its way out, or the refusal in its place."""

    def __init__(self, scope: Scope, send: Send, responder: ErrorResponder) -> None:
        self._scope, self._send, self._responder = scope, send, responder
        self.timer: asyncio.Timeout | None = None
        self.started = self.refused = False

    async def send(self, message: Message) -> None:
        if self.refused:
            return
        if not self.started:
            self.started = True
            if self.timer:
                self.timer.reschedule(None)  # a stream may last
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> bool:
        """Answer with a refusal; False where the response has begun."""
        if not self.started:
            self.refused = True
            await self._responder.send(refusal, self._scope, self._send)
        return self.refused


class _Body:
    """The request's body on its way in."""

    def __init__(
        self,
        receive: Receive,
        answer: _Answer,
        most: int,
        seconds: float,
        decoder: Decompressor | None,
    ) -> None:
        self._receive, self._answer, self._most, self._decoder = receive, answer, most, decoder
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._read = 0
        self._complete = False
        self._pieces: Iterator[bytes] | None = None
        self._last = False

    async def receive(self) -> Message:
        """The next part of the body; after a refusal the client seems to have gone."""
        if self._answer.refused:
            return {"type": "http.disconnect"}
        if self._complete:
            return await self._receive()
        try:
            if self._decoder:
                return await self._decompressed(self._decoder)
            return await self._next()
        except _RefusedError as error:
            await self._answer.refuse(error.refusal)
            return {"type": "http.disconnect"}

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _RefusedError(_SLOW_BODY) from None
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            raise _RefusedError(_too_large(self._most))
        if not self._decoder:
            self._complete = not message.get("more_body")
        return message

    async def _decompressed(self, decoder: Decompressor) -> Message:
        while True:
            piece = next(self._pieces, None) if self._pieces else None
            if piece is not None:
                return {"type": "http.request", "body": piece, "more_body": True}
            if self._last:
                decoder.finish()
                self._complete = True
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._next()
            if message["type"] != "http.request":
                return message
            self._last = not message.get("more_body")
            self._pieces = decoder.feed(bytes(message.get("body", b"")))


class _RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Decompressor:
    """Decompresses a body in pieces, up to a limit.

    Args:
        encoding: gzip or deflate.
        most: bytes of the decompressed body.
    """

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self._wbits = None if encoding == "deflate" else _GZIP
        self._head = b""
        self._zlib = zlib.decompressobj(_GZIP)
        self._written = 0
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompress the next part of the body."""
        if self._wbits is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._wbits = self._head, _deflate_wbits(self._head)
            self._zlib = zlib.decompressobj(self._wbits)
        more = bool(data)
        while more:
            if self._zlib.eof:  # gzip files may be joined
                self._zlib = zlib.decompressobj(self._wbits)
            piece = self._decompress(data)
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
            more = bool(data) or (len(piece) == _PIECE and not self._zlib.eof)
            self._written += len(piece)
            if self._written > self._most:
                raise _RefusedError(_too_large(self._most))
            if piece:
                yield piece

    def finish(self) -> None:
        """Check that the body was complete."""
        if (self._begun and not self._zlib.eof) or (self._head and not self._begun):
            raise _RefusedError(_BAD_COMPRESSION)

    def _decompress(self, data: bytes) -> bytes:
        self._begun = True
        try:
            return self._zlib.decompress(data, _PIECE)
        except zlib.error as error:
            raise _RefusedError(_BAD_COMPRESSION) from error


def _deflate_wbits(head: bytes) -> int:
    """Of zlib: with its header, as the standard says, or without, as some clients send it."""
    has_header = head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


def _without_encoding(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = (b"content-encoding", b"content-length")
    return [pair for pair in headers if pair[0] not in names]


def _too_large(most: int) -> Refusal:
    return Refusal(
        413, f"the body has more than {most:,} bytes", "send it in several requests",
        headers=(_CLOSE,),
    )  # fmt: skip


_SLOW_BODY = Refusal(
    408, "the body did not arrive in time", "send less in one request", headers=(_CLOSE,)
)
_TOO_SLOW = Refusal(504, "the request took too long", "send less in one request")
_BAD_COMPRESSION = Refusal(
    400, "the body is not what its content-encoding says", "compress it again", headers=(_CLOSE,)
)
_UNKNOWN_ENCODING = Refusal(
    415, "the body has an unknown content-encoding", "send it as gzip, deflate or as it is",
    headers=((b"accept-encoding", b"gzip, deflate"), _CLOSE),
)  # fmt: skip
