"""ASGI middleware that checks host name, origin, key and rate of every request."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.server.access import Access
from likewise.server.keys import Key, cookie_of
from likewise.server.rate_limit import RateLimits
from likewise.server.refusal import ErrorResponder, Refusal, is_api
from likewise.web.standalone import login_page
from likewise.web.translations import LANGUAGES, translations_for
from likewise.web.visitors import KEY_STATE, language_of, path_of, read_cookie

COOKIE = "likewise_key"
OPEN_PATHS = ("/health", "/ping")
"""Answered without a key and under any host name: probes of orchestrators present neither."""

_MONTH = 30 * 24 * 3600
_FORM_BYTES = 4096
_FORM_SECONDS = 10
_READING = ("GET", "HEAD", "OPTIONS")
_HEADER_NAMES = re.compile(r"[A-Za-z0-9_,\- ]{1,2000}")

_HOST = Refusal(
    400, "this host name is not served", "call the server by its address, or start it with "
    "--trusted-host NAME", "http.host",
)  # fmt: skip
_ORIGIN = Refusal(
    403, "pages of other sites may not call this server", "start it with --cors-origin ORIGIN to "
    "allow the pages of a site", "http.origin",
)  # fmt: skip
_NO_KEY = Refusal(
    401, "a key is required", "send it as 'Authorization: Bearer KEY'", "http.key",
    ((b"www-authenticate", b"Bearer"),),
)  # fmt: skip
_WRONG_KEY = Refusal(
    401, "the key is not valid", "check it, or ask for a new one", "http.key",
    ((b"www-authenticate", b'Bearer error="invalid_token"'),),
)  # fmt: skip


class Guard:
    """Passes on the requests that are allowed; answers the others.

    Args:
        app: the server.
        access: who may use it.
        responder: answers what is refused.
        pages: whether browsers that lack a key are shown a page that asks for it.
    """

    def __init__(
        self, app: ASGIApp, access: Access, responder: ErrorResponder, *, pages: bool = True
    ) -> None:
        self._app, self._access = app, access
        self._responder, self._pages = responder, pages
        self._rates = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})[KEY_STATE] = self._access.anonymous
        if scope["path"] in OPEN_PATHS and scope.get("method") in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_served_host(scope):
            await self._responder.send(_HOST, scope, send)
            return
        # programs, which send neither header, are the usual case and the one that has to be fast
        by_page = any(name in (b"origin", b"sec-fetch-site") for name, _ in scope["headers"])
        own = not by_page or self._is_own_origin(scope, headers)
        if not own:
            if not self._is_allowed_origin(scope, headers):
                await self._responder.send(_ORIGIN, scope, send)
                return
            send = _with_cors(send, headers["origin"])
            if scope.get("method") == "OPTIONS" and "access-control-request-method" in headers:
                await _preflight(headers, send)
                return
        await self._with_key(scope, receive, send, headers, own=own)

    async def _with_key(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, *, own: bool
    ) -> None:
        if self._access.keys.required:
            secret = _secret(scope)
            found = self._access.keys.find(secret) if secret else None
            if not secret and own:  # the pages of other sites cannot use what a browser remembers
                cookie = read_cookie(headers, COOKIE)
                found = self._access.keys.find_cookie(cookie) if cookie else None
            if found is None:
                await self._ask_key(
                    scope, receive, send, headers, _WRONG_KEY if secret else _NO_KEY
                )
                return
            scope["state"][KEY_STATE] = found
            if is_api(scope) and (seconds := self._rates.retry_after(found)):
                await self._responder.send(_too_many(found, seconds), scope, send)
                return
        await self._app(scope, receive, send)

    async def _ask_key(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, refusal: Refusal
    ) -> None:
        method = scope.get("method")
        if self._pages and path_of(scope) == "/login" and method == "POST":
            await self._log_in(scope, receive, send)
        elif self._pages and method in ("GET", "HEAD") and "text/html" in headers.get("accept", ""):
            page = next((each for each in LANGUAGES if path_of(scope) == f"/{each.path}"), None)
            root = page.root if page else "../" * (path_of(scope).count("/") - 1)
            await _login(scope, f"{root}login")(scope, receive, send)
        else:
            await self._responder.send(refusal, scope, send)

    def _is_served_host(self, scope: Scope) -> bool:
        hosts = self._access.hosts
        if "*" in hosts:
            return True
        given = [value for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1:
            return False
        host_and_port = given[0].decode("latin-1").lower()
        name, _, port = host_and_port.rpartition(":")
        if not port.isdigit():
            name = host_and_port
        return any(
            name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts
        )

    def _is_own_origin(self, scope: Scope, headers: Headers) -> bool:
        """Whether a request was made by the server's own pages, or by no page at all."""
        origin = headers.get("origin")
        if origin is None:
            reads = scope["type"] == "http" and scope["method"] in _READING
            return reads or headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        try:
            parsed = urlsplit(origin)
            named = (parsed.hostname or "").lower()
        except ValueError:
            return False
        default = {"http": ":80", "https": ":443"}.get(parsed.scheme, "")
        host = headers.get("host", "").lower().removesuffix(default)
        own = parsed.netloc.lower().removesuffix(default)
        return bool(own) and (own == host or named in self._access.trusted)

    def _is_allowed_origin(self, scope: Scope, headers: Headers) -> bool:
        """Whether a page of another site may make a request."""
        allowed, origin = self._access.cors_origins, headers.get("origin", "")
        named = bool(origin) and (origin.lower() in allowed or "*" in allowed)
        return named and scope["type"] == "http" and is_api(scope)

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        try:
            async with asyncio.timeout(_FORM_SECONDS):
                async for piece in Request(scope, receive).stream():
                    body += piece
                    if len(body) > _FORM_BYTES:
                        break
        except TimeoutError:
            body = b""
        given = parse_qs(body[:_FORM_BYTES].decode("utf-8", "replace")).get("key", [""])[0]
        secret = given.strip().encode()
        if self._access.keys.find(secret) is None:
            await _login(scope, "login", failed=True)(scope, receive, send)
            return
        answer = RedirectResponse(_page_before(scope), 303, {"Cache-Control": "no-store"})
        answer.set_cookie(
            COOKIE, cookie_of(secret), max_age=_MONTH, httponly=True, samesite="strict",
            secure=scope["scheme"] == "https",
        )  # fmt: skip
        await answer(scope, receive, send)


def _page_before(scope: Scope) -> str:
    """The page that asked for the key, of this server; the first page where it is not known."""
    headers = Headers(scope=scope)
    try:
        before = urlsplit(headers.get("referer", ""))
    except ValueError:
        return "./"
    own = before.netloc.lower() == headers.get("host", "").lower() != ""
    if not own or not before.path.startswith("/") or before.path.endswith("/login"):
        return "./"
    path = "/" + before.path.lstrip("/")  # two slashes would name another host
    return f"{path}?{before.query}" if before.query else path


def _secret(scope: Scope) -> bytes:
    """The key that a request presents in a header; empty where there is none."""
    found = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, given = value.partition(b" ")
            if scheme.lower() == b"bearer":
                return bytes(given.strip(b" \t"))
        elif name in (b"api-key", b"x-api-key"):
            found = value.strip(b" \t")
    return found


def _too_many(key: Key, seconds: int) -> Refusal:
    return Refusal(
        429, f"the key {key.name!r} allows {key.requests_per_minute} requests a minute",
        f"try again in {seconds} s", headers=((b"retry-after", b"%d" % seconds),),
    )  # fmt: skip


def _with_cors(send: Send, origin: str) -> Send:
    """Send answers that the pages of another site may read."""

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            cors = [
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-expose-headers", b"*"),
                (b"vary", b"Origin"),
            ]
            message = {**message, "headers": [*message.get("headers", ()), *cors]}
        await send(message)

    return send_with_cors


async def _preflight(headers: Headers, send: Send) -> None:
    named = headers.get("access-control-request-headers", "")
    answer = [
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
        (b"access-control-max-age", b"600"),
    ]
    if _HEADER_NAMES.fullmatch(named):
        answer.append((b"access-control-allow-headers", named.encode()))
    await send({"type": "http.response.start", "status": 204, "headers": answer})
    await send({"type": "http.response.body", "body": b""})


def _login(scope: Scope, action: str, *, failed: bool = False) -> HTMLResponse:
    page = login_page(translations_for(language_of(scope).code), action, failed=failed)
    return HTMLResponse(page, 401, {"Cache-Control": "no-store"})
