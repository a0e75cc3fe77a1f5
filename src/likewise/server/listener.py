"""The socket that a server listens on: bound here, inherited, or received from another server."""

from __future__ import annotations

import os
import selectors
import socket
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from likewise.errors import InputError
from likewise.server.handover import take_over

BACKLOG = 2048
"""Connections that wait to be accepted; the system's limit may be lower."""


_INTERNET = (socket.AF_INET, socket.AF_INET6)


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Attributes:
        host: an IP address or a name.
        port: 0 takes a free one.
        uds: path of a Unix socket, in place of host and port.
        fd: a socket that the process inherited, such as 3 from systemd, in place of all others.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    uds: Path | None = None
    fd: int | None = None

    @property
    def name(self) -> str:
        """By which a server that is replaced is found."""
        return str(self.uds.absolute()) if self.uds else f"{self.host} port {self.port}"

    @property
    def reached_at(self) -> str:
        """The IP address or name that says who can reach it; loopback for a Unix socket.

        Raises:
            InputError: the file descriptor is not a socket.
        """
        if self.fd is None:
            return "127.0.0.1" if self.uds else self.host
        with _inherited(self.fd) as found:
            return str(found.getsockname()[0]) if found.family in _INTERNET else "127.0.0.1"


@dataclass(frozen=True)
class Listener:
    """A socket that listens.

    Attributes:
        socket: the socket.
        shared: whether another process has it, too, so that closing it here refuses nobody.
    """

    socket: socket.socket
    shared: bool = False

    def url(self, scheme: str, host: str) -> str:
        """The address for people.

        Args:
            scheme: http or https.
            host: as it was given.
        """
        if self.socket.family not in _INTERNET:
            return f"unix:{self.socket.getsockname()}"
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}:{self.socket.getsockname()[1]}"

    def has_waiting(self) -> bool:
        """Whether a connection waits to be accepted."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            return bool(selector.select(0))


def listen(address: Address, *, replace: bool = False) -> Listener:
    """A socket on an address, so that a busy port is reported before anything is loaded.

    Args:
        address: where to listen.
        replace: take the socket of the server that listens there, if there is one.

    Raises:
        InputError: the address cannot be used.
    """
    if address.fd is not None:
        return Listener(_inherited(address.fd), shared=True)
    if replace and (taken := take_over(address.name)):
        return Listener(taken, shared=True)
    return Listener(_unix(address.uds) if address.uds else _bound(address.host, address.port))


def _inherited(fd: int) -> socket.socket:
    try:
        found = socket.socket(fileno=os.dup(fd))
    except OSError as error:
        raise InputError(
            f"file descriptor {fd} is not a socket: {error.strerror or error}",
            hint="systemd passes its first socket as --fd 3",
        ) from error
    return found


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}",
            hint="something else may use it; choose another with --port, or replace a server that "
            "runs there with --replace",
        ) from error
    return listener


def _unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_unused(path)
        listener.bind(str(path))
        os.chmod(path, 0o600)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            f"cannot listen on {path}: {error.strerror or error}",
            hint="choose another path with --uds",
        ) from error
    return listener


def _remove_unused(path: Path) -> None:
    """Remove a Unix socket that no process listens on."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
