"""The language and the visitor of a request, and whether it is local."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Protocol

from starlette.datastructures import Address, Headers, State
from starlette.types import Scope

from likewise.web.translations import LANGUAGES, Language, preferred

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Host names by which a browser on this machine reaches the app."""

KEY_STATE = "likewise.key"
"""Where a request's state has its API key, with a name and scopes; without one, it has no name."""

LANGUAGE_COOKIE = "likewise_language"
VISITOR_COOKIE = "likewise_visitor"
YEAR = 365 * 24 * 3600

_FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers that a proxy adds: with any of them, the client is not the visitor."""


class AnyRequest(Protocol):
    """The common interface of requests of Gradio and Starlette."""

    @property
    def headers(self) -> Headers:
        """The request's headers."""
        ...

    @property
    def client(self) -> Address | None:
        """The address of the client."""
        ...

    @property
    def state(self) -> State:
        """What middleware found out about it."""
        ...


@dataclass(frozen=True)
class Visitor:
    """One browser.

    Attributes:
        name: hash of the secret in its cookie; empty without cookies.
        local: whether it runs on this machine.
        admin: whether it presented a key that may manage the server.
    """

    name: str
    local: bool
    admin: bool = False

    @property
    def may_download(self) -> bool:
        """Whether it may download models to this machine."""
        return self.local or self.admin


def visitor_of(request: AnyRequest) -> Visitor:
    """The visitor of a request."""
    secret = read_cookie(request.headers, VISITOR_COOKIE)
    name = hashlib.sha256(secret.encode()).hexdigest()[:32] if secret else ""
    key = getattr(request.state, KEY_STATE, None)
    admin = bool(key and key.name and "admin" in key.scopes)
    return Visitor(name, is_local(request.client, request.headers), admin)


def new_visitor_cookie(*, secure: bool) -> str:
    """A `Set-Cookie` header for a new visitor."""
    kind = "HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
    return f"{VISITOR_COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={YEAR}; {kind}"


def is_local(client: Address | None, headers: Headers) -> bool:
    """Whether a request comes from a program on this machine, and not through a proxy."""
    if client is None or not is_loopback_address(client.host):
        return False
    if any(name in headers for name in _FORWARDING):
        return False
    host = headers.get("host", "").lower()
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() else host) in LOOPBACK_NAMES


def is_loopback_address(address: str) -> bool:
    """Whether an IP address is a loopback address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def language_of(scope: Scope) -> Language:
    """The language of a request: that of its page, else the preferred one."""
    path = path_of(scope)
    page = next(
        (each for each in LANGUAGES if each.path and path.startswith(f"/{each.path}")), None
    )
    return page or preferred_language(Headers(scope=scope))


def preferred_language(headers: Headers) -> Language:
    """The language chosen on the page, else the one of `Accept-Language`."""
    chosen = read_cookie(headers, LANGUAGE_COOKIE)
    remembered = next((each for each in LANGUAGES if each.code == chosen), None)
    return remembered or preferred(headers.get("accept-language", ""))


def path_of(scope: Scope) -> str:
    """The path of a request, relative to the mounted app."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def read_cookie(headers: Headers, name: str) -> str:
    """The value of a cookie; empty if it is missing."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
