"""API keys: what the key of a request may do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from likewise.web.visitors import KEY_STATE

Scope = Literal["read", "write", "admin"]
"""Read changes nothing; write changes collections and starts jobs; admin manages the server."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""From the least to the most; each includes those before it."""


@dataclass(frozen=True)
class Key:
    """An API key, without its secret.

    Attributes:
        name: by which it is listed, logged and revoked; empty for requests without a key.
        scopes: what it may do.
        requests_per_minute: limit of API requests; None where there is none.
        created: when it was made, ISO 8601 in UTC.
        hash: SHA-256 of the secret, in hexadecimal.
        cookie_hash: SHA-256 of the cookie of a browser that logged in with it.
    """

    name: str
    scopes: frozenset[Scope]
    requests_per_minute: int | None = None
    created: str = ""
    hash: str = field(default="", repr=False)
    cookie_hash: str = field(default="", repr=False)


def key_of_secret(
    name: str,
    secret: str,
    scopes: Iterable[Scope] = SCOPES,
    *,
    requests_per_minute: int | None = None,
    created: str = "",
) -> Key:
    """The key of a secret."""
    hashed = sha256(secret.encode())
    cookie_hash = sha256(cookie_of(secret.encode()).encode())
    return Key(name, including(scopes), requests_per_minute, created, hashed, cookie_hash)


def including(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Scopes with those that they include."""
    return frozenset(each for scope in scopes for each in SCOPES[: SCOPES.index(scope) + 1])


def cookie_of(secret: bytes) -> str:
    """The cookie of a browser that logged in; the secret cannot be computed from it."""
    return hmac.new(secret, b"likewise login", hashlib.sha256).hexdigest()


def sha256(value: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(value).hexdigest()


def allows(scope: MutableMapping[str, Any], needed: Scope) -> bool:
    """Whether the key of a request has a scope; without the access middleware every one is allowed.

    Args:
        scope: the ASGI scope of the request.
        needed: the scope that the request needs.
    """
    key = scope.get("state", {}).get(KEY_STATE)
    return key is None or needed in key.scopes
