"""Who may use the web app: host names, origins, and a key."""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import psutil
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from likewise.errors import InputError
from likewise.web.standalone import login_page
from likewise.web.translations import LANGUAGES, Language, translations_for
from likewise.web.visitors import (
    LOOPBACK_NAMES,
    is_loopback_address,
    language_of,
    path_of,
    read_cookie,
)

COOKIE = "likewise_key"
_MONTH = 30 * 24 * 3600
_FORM_BYTES = 4096
_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Access:
    """Who may use the app.

    Attributes:
        hosts: values of the `Host` header that are answered, without the port; `*` is any.
        trusted: names under which the app is published by a proxy.
        key: what a request must present; None where none is needed.
    """

    hosts: tuple[str, ...] = LOOPBACK_NAMES
    trusted: tuple[str, ...] = ()
    key: str | None = field(default=None, repr=False)

    @property
    def cookie(self) -> str:
        """The value of a logged-in browser's cookie; the key cannot be computed from it."""
        return hmac.new((self.key or "").encode(), b"likewise login", hashlib.sha256).hexdigest()

    def admits(self, headers: Headers) -> bool:
        """Whether a request presents the key, as a bearer token or by its cookie."""
        if self.key is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _equal(given.strip(" \t"), self.key, "latin-1"):
            return True
        return _equal(read_cookie(headers, COOKIE), self.cookie, "latin-1")


def decide_access(
    host: str,
    *,
    key: str | None = None,
    allow_public: bool = False,
    trusted_hosts: Iterable[str] = (),
) -> Access:
    """The rules for an app that listens on an address.

    Args:
        host: the address: an IP address or a name.
        key: what requests must present.
        allow_public: serve other machines without a key.
        trusted_hosts: names under which a proxy publishes the app.

    Raises:
        InputError: other machines could reach it, and there is neither a key nor `allow_public`;
            or the address is unknown.
    """
    key = (key or "").strip() or None
    trusted = tuple(name.strip().lower() for name in trusted_hosts)
    if is_loopback(host):
        own = f"[{host}]" if ":" in host else host
        return Access((*LOOPBACK_NAMES, own, *trusted), trusted, key)
    if key is None and not allow_public:
        raise InputError(
            f"listening on {host or 'every address'} without a key was refused: "
            "every machine that reaches this one could use the app",
            hint="set LIKEWISE_API_KEY (or --api-key) to a key that visitors must enter; "
            "--allow-public serves everyone without one",
        )
    return Access((*LOOPBACK_NAMES, *trusted) if trusted else ("*",), trusted, key)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    Raises:
        InputError: the name does not resolve.
    """
    if not host:
        return False  # every address
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"cannot listen on {host}: the name does not resolve",
            hint="give an address of this machine, such as 127.0.0.1",
        ) from error
    return all(is_loopback_address(address) for address in found)


def exposure(host: str, port: int, access: Access) -> str:
    """What an app that listens on an address opens to other machines; empty where nothing."""
    if is_loopback(host):
        return ""
    names = ", ".join(f"http://{name}:{port}" for name in _addresses(host))
    who = "with the key" if access.key else "WITHOUT A KEY, everyone"
    fetching = " and download models to it" if access.key else ""
    return (
        f"it is open to other machines at {names}\n"
        f"{who} who reaches it can use the models on this machine{fetching}, hand in files of up "
        "to 200 MB, and keep its processor and memory busy\n"
        "nobody but this machine can load a folder outside models/; visitors do not see each "
        "other's results\n"
        "the connection is not encrypted: outside a network that you trust, put a proxy with TLS "
        "in front of it\n"
    )


def _addresses(host: str) -> list[str]:
    """The addresses of this machine at which others reach the app."""
    every = {"": (socket.AF_INET,), "0.0.0.0": (socket.AF_INET,)}
    families = every.get(host) or ((socket.AF_INET6, socket.AF_INET) if host == "::" else ())
    if not families:
        return [f"[{host}]" if ":" in host else host]
    found = [
        f"[{each.address}]" if each.family == socket.AF_INET6 else str(each.address)
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family in families
        and not is_loopback_address(each.address)
        and not each.address.startswith("fe80:")
    ]
    return found or [host]


class Guard:
    """ASGI middleware before everything: checks host name, origin and key of each request."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._checked = TrustedHostMiddleware(
            self._origin_and_key, allowed_hosts=list(access.hosts), www_redirect=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request that is allowed; answer one that is not."""
        if scope["type"] in ("http", "websocket"):
            await self._checked(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _origin_and_key(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._is_own_origin(scope, headers):
            await _refuse(scope, receive, send, JSONResponse({"detail": "http.origin"}, 403))
            return
        if self._access.admits(headers):
            await self._app(scope, receive, send)
            return
        language = language_of(scope)
        if path_of(scope) == "/login" and scope.get("method") == "POST":
            await self._log_in(scope, receive, send, language)
        elif scope.get("method") in ("GET", "HEAD") and _wants_html(headers):
            page = next((each for each in LANGUAGES if path_of(scope) == f"/{each.path}"), None)
            action = f"{page.root if page else ''}login"
            await _ask_key(language, action)(scope, receive, send)
        else:
            asked = {"WWW-Authenticate": "Bearer"}
            answer = JSONResponse({"detail": "http.key"}, 401, headers=asked)
            await _refuse(scope, receive, send, answer)

    def _is_own_origin(self, scope: Scope, headers: Headers) -> bool:
        """Whether a request was made by the app's own pages, or by no page at all."""
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

    async def _log_in(self, scope: Scope, receive: Receive, send: Send, language: Language) -> None:
        body = b""
        async for piece in Request(scope, receive).stream():
            body += piece
            if len(body) > _FORM_BYTES:
                break
        given = parse_qs(body[:_FORM_BYTES].decode("utf-8", "replace")).get("key", [""])[0]
        if not _equal(given.strip(), self._access.key or "", "utf-8"):
            await _ask_key(language, "login", failed=True)(scope, receive, send)
            return
        answer = RedirectResponse("./", 303, {"Cache-Control": "no-store"})
        answer.set_cookie(
            COOKIE, self._access.cookie, max_age=_MONTH, httponly=True, samesite="strict",
            secure=scope["scheme"] == "https",
        )  # fmt: skip
        await answer(scope, receive, send)


def _equal(given: str, expected: str, encoding: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(encoding, "replace"), expected.encode())


def _wants_html(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)


def _ask_key(language: Language, action: str, *, failed: bool = False) -> Response:
    page = login_page(translations_for(language.code), action, failed=failed)
    return HTMLResponse(page, 401, {"Cache-Control": "no-store"})
