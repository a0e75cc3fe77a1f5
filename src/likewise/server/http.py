"""A thin layer over ASGI for the routes that have to be fast."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from likewise.errors import InputError, LikewiseError, OverloadedError
from likewise.server.errors import status_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
T = TypeVar("T")

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain; charset=utf-8")
WATCH_AFTER = 0.05
"""Seconds after which it is watched whether the client is still there."""

_log = logging.getLogger("likewise.server")


class ClientGoneError(Exception):
    """The client closed the connection."""


class BadRequestError(InputError):
    """A body or a header that cannot be used."""


class EmptyInputError(BadRequestError):
    """Nothing was sent where something is needed."""


class TooManyTextsError(BadRequestError):
    """More texts than one request may have."""


@dataclass(slots=True)
class Response:
    """An answer.

    Attributes:
        body: its bytes.
        status: the HTTP status.
        headers: names in lower case; the length is added.
    """

    body: bytes
    status: int = 200
    headers: Iterable[tuple[bytes, bytes]] = (JSON,)


class Request:
    """A request to a fast route.

    Args:
        scope: of ASGI.
        receive: of ASGI.
    """

    __slots__ = ("_headers", "_receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self._headers: dict[bytes, bytes] | None = None

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name."""
        if self._headers is None:
            self._headers = dict(self.scope["headers"])
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            ClientGoneError: the client went away before its end.
        """
        message = await self._receive()
        if not message.get("more_body", False) and message["type"] == "http.request":
            return bytes(message.get("body", b""))
        parts = []
        while True:
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(parts)
            message = await self._receive()

    async def json(self, decoder: msgspec.json.Decoder[T]) -> T:
        """The body as JSON of a known shape.

        Raises:
            BadRequestError: it is not.
        """
        return decode(decoder, await self.body())

    async def wait_for(self, work: Awaitable[T]) -> T:
        """Wait for work, which is cancelled when the client goes away.

        Raises:
            ClientGoneError: it went away.
        """
        task = asyncio.ensure_future(work)
        watcher: asyncio.Task[None] | None = None

        def watch() -> None:
            nonlocal watcher
            watcher = asyncio.ensure_future(self._cancel_when_gone(task))

        timer = asyncio.get_running_loop().call_later(WATCH_AFTER, watch)
        try:
            return await task
        except asyncio.CancelledError:
            if watcher is not None and watcher.done():
                raise ClientGoneError from None
            raise
        finally:
            timer.cancel()
            if watcher is not None:
                watcher.cancel()

    async def _cancel_when_gone(self, task: asyncio.Future[Any]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        task.cancel()


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """A body as JSON of a known shape.

    Raises:
        BadRequestError: it is not.
    """
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"the body cannot be used: {error}") from error


Handler = Callable[[Request], Awaitable[Response]]


class ErrorForm(Protocol):
    """The body of an error in a dialect."""

    def __call__(self, status: int, message: str, hint: str = "", error: object = None) -> bytes:
        """JSON.

        Args:
            status: the HTTP status.
            message: what happened.
            hint: what to do about it.
            error: the exception, where there is one.
        """
        ...


@dataclass(frozen=True)
class Dialect:
    """How a group of addresses writes errors.

    Attributes:
        error_form: the body of an error.
        statuses: statuses of errors that differ from `server/errors.py`.
    """

    error_form: ErrorForm
    statuses: Mapping[type[LikewiseError], int] = field(default_factory=dict)

    def response(self, error: LikewiseError) -> Response:
        """The answer for an error."""
        status = self.statuses.get(type(error)) or status_of(error)
        headers: Headers = [JSON]
        if isinstance(error, OverloadedError):
            headers.append((b"retry-after", b"%d" % max(1, round(error.retry_after))))
        body = self.error_form(status, error.message, error.hint, error)
        return Response(body, status, headers)


@dataclass(frozen=True)
class Route:
    """What answers at an address.

    Attributes:
        handler: answers.
        dialect: how errors are written.
    """

    handler: Handler
    dialect: Dialect


Routes = Mapping[tuple[str, str], Route]
"""Method and path to what answers there; a path that ends in `/*` stands for all below it."""


class FastRoutes:
    """ASGI app that answers at known addresses, and passes on the rest.

    Args:
        app: the next app.
        routes: the addresses.
    """

    def __init__(self, app: App, routes: Routes) -> None:
        self._app = app
        self._routes = dict(routes)
        self._paths: dict[str, list[str]] = {}
        for method, path in self._routes:
            self._paths.setdefault(path, []).append(method)
        self._folders = [path[:-1] for path in self._paths if path.endswith("/*")]

    def has(self, path: str) -> bool:
        """Whether a path is one of these addresses."""
        return path in self._paths

    def _known(self, path: str) -> str:
        """The path as it is registered."""
        if path not in self._paths:
            for folder in self._folders:
                if path.startswith(folder):
                    return folder + "*"
        return path

    def error_form(self, path: str) -> ErrorForm | None:
        """How errors are written at an address; None where it is not one of these."""
        path = self._known(path)
        methods = self._paths.get(path)
        return self._routes[methods[0], path].dialect.error_form if methods else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], self._known(scope["path"])
        route = self._routes.get((method, path))
        if route is None:
            methods = self._paths.get(path)
            if methods is None or method in ("GET", "HEAD", "OPTIONS"):
                await self._app(scope, receive, send)
                return
            form = self._routes[methods[0], path].dialect.error_form
            allowed = ", ".join(methods)
            body = form(405, f"{method} is not allowed at {path}", f"use {allowed}")
            await respond(send, Response(body, 405, (JSON, (b"allow", allowed.encode()))))
            return
        try:
            response = await route.handler(Request(scope, receive))
        except ClientGoneError:
            return
        except LikewiseError as error:
            response = route.dialect.response(error)
        except Exception:
            _log.exception("%s %s failed", method, path)
            response = Response(route.dialect.error_form(500, "internal error"), 500)
        await respond(send, response)


async def respond(send: Send, response: Response) -> None:
    """Send an answer."""
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [*response.headers, (b"content-length", b"%d" % len(response.body))],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
