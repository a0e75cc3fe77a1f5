"""Who may use a server on an address, and what it opens to other machines."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from likewise.errors import InputError
from likewise.server.keyring import Keyring
from likewise.server.keys import SCOPES, Key
from likewise.web.visitors import LOOPBACK_NAMES, is_loopback_address

EVERYONE = Key("", frozenset(SCOPES))
"""Requests without a key, to a server that only this machine reaches."""

READER = Key("", frozenset({"read"}))
"""Requests without a key, to a server that other machines reach."""


@dataclass(frozen=True)
class Access:
    """Who may use a server.

    Attributes:
        hosts: values of the `Host` header that are answered, without the port; `*` is any, and
            `*.example.org` every name below it.
        trusted: names under which the server is published by a proxy.
        keys: the keys, of which requests must present one where there are any.
        anonymous: the key of requests while there are none.
        cors_origins: origins whose pages may call the API, such as `https://app.example.org`; `*`
            is any.
    """

    hosts: tuple[str, ...] = LOOPBACK_NAMES
    trusted: tuple[str, ...] = ()
    keys: Keyring = field(default_factory=Keyring)
    anonymous: Key = EVERYONE
    cors_origins: tuple[str, ...] = ()


def decide_access(
    host: str,
    *,
    keys: Keyring | None = None,
    allow_public: bool = False,
    trusted_hosts: Iterable[str] = (),
    cors_origins: Iterable[str] = (),
) -> Access:
    """The rules for a server that listens on an address.

    Args:
        host: the address: an IP address or a name.
        keys: the keys that requests can present.
        allow_public: serve other machines without a key.
        trusted_hosts: names under which a proxy publishes the server.
        cors_origins: origins whose pages may call the API.

    Raises:
        InputError: other machines could reach it, and there is neither a key nor `allow_public`;
            or the address is unknown, or an origin is none.
    """
    keys = keys or Keyring()
    trusted = tuple(name.strip().lower() for name in trusted_hosts)
    origins = tuple(_origin(each) for each in cors_origins)
    if is_loopback(host):
        own = f"[{host}]" if ":" in host else host
        anonymous = READER if trusted else EVERYONE
        return Access((*LOOPBACK_NAMES, own, *trusted), trusted, keys, anonymous, origins)
    if not keys.required and not allow_public:
        raise InputError(
            f"listening on {host or 'every address'} without a key was refused: "
            "every machine that reaches this one could use the server",
            hint="make a key with 'likewise keys create NAME', or set LIKEWISE_API_KEY (or "
            "--api-key); --allow-public serves everyone without one",
        )
    hosts = (*LOOPBACK_NAMES, *trusted) if trusted else ("*",)
    return Access(hosts, trusted, keys, READER, origins)


def _origin(given: str) -> str:
    """An origin as browsers write it.

    Raises:
        InputError: it is none.
    """
    origin = given.strip().lower().rstrip("/")
    if origin == "*":
        return origin
    try:
        parsed = urlsplit(origin)
        named = parsed.hostname
    except ValueError:
        named = None
    if not named or origin != f"{parsed.scheme}://{parsed.netloc}" or "*" in origin:
        raise InputError(
            f"{given!r} is not an origin",
            hint="write it as https://app.example.org, with a port where it has one",
        )
    return origin


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


def exposure(host: str, port: int, access: Access, *, encrypted: bool = False) -> str:
    """What a server on an address opens to other machines; empty where nothing."""
    if is_loopback(host):
        return ""
    scheme = "https" if encrypted else "http"
    names = ", ".join(f"{scheme}://{name}:{port}" for name in _addresses(host))
    keyed = access.keys.required
    may = (
        "everyone with a key can do what its scopes allow: read uses models and collections, "
        "write also changes collections, admin also downloads models"
        if keyed
        else "WITHOUT A KEY, everyone who reaches it can use the models and read the collections "
        "on this machine"
    )
    plain = (
        "the connection is not encrypted: outside a network that you trust, use --tls-cert and "
        "--tls-key, or a proxy with TLS\n"
    )
    return (
        f"it is open to other machines at {names}\n"
        f"{may}; all of them can upload files of up to 200 MB and keep its processor and memory "
        "busy\n"
        "only this machine can load a folder outside models/; visitors do not see each other's "
        f"results\n{'' if encrypted else plain}"
    )


def _addresses(host: str) -> list[str]:
    """The addresses of this machine at which others reach the server."""
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
