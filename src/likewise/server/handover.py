"""A running server hands its socket to the one that replaces it, so that no connection is lost.

The old server listens on a control socket that only its user can reach. The new one connects to it,
receives the listening socket, loads its models, begins to accept, and says so; then the old one
stops accepting, answers what it has accepted, and ends. Connections that wait in between belong to
the shared socket. A new server that fails on the way leaves the old one as it is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from likewise.cache import cache_folder

READY = b"ready\n"
CONNECT_SECONDS = 5

_log = logging.getLogger("likewise.server")
_waiting: dict[str, socket.socket] = {}
"""Connections to servers whose sockets were taken over, by the name of their address."""


def take_over(name: str) -> socket.socket | None:
    """The listening socket of the server at an address; None where none runs there.

    Args:
        name: of the address.
    """
    path = _control_path(name)
    if path is None or not path.exists():
        return None
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.settimeout(CONNECT_SECONDS)
    try:
        control.connect(str(path))
        _, fds, _, _ = socket.recv_fds(control, 16, 1)
    except OSError:
        fds = []
    if not fds:
        control.close()
        return None
    _waiting[name] = control
    return socket.socket(fileno=fds[0])


def finish_take_over(name: str) -> None:
    """Tell the server whose socket was taken over that it can end."""
    control = _waiting.pop(name, None)
    if control is not None:
        with suppress(OSError), control:
            control.sendall(READY)


class HandoverPoint:
    """Hands a listening socket to the server that replaces this one.

    Args:
        name: of the address.
        listener: the socket.
        on_replaced: called in a thread once the new server accepts connections.
    """

    def __init__(self, name: str, listener: socket.socket, on_replaced: Callable[[], None]) -> None:
        self._listener, self._on_replaced = listener, on_replaced
        self._control: socket.socket | None = None
        self._path = _control_path(name)
        self._inode = 0
        if self._path is None:
            return
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)  # of the server that was replaced, or killed
            control.bind(str(self._path))
            self._inode = self._path.stat().st_ino
            control.listen(1)
        except OSError as error:
            _log.info("this server cannot be replaced without a gap: %s", error)
            control.close()
            return
        self._control = control
        threading.Thread(target=self._run, name="handover", daemon=True).start()

    def close(self) -> None:
        """Hand over nothing any more."""
        if self._control is None or self._path is None:
            return
        self._control.close()
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _run(self) -> None:
        assert self._control is not None
        while True:
            try:
                taker, _ = self._control.accept()
            except OSError:
                return  # closed
            with suppress(OSError), taker:
                socket.send_fds(taker, [b"socket\n"], [self._listener.fileno()])
                if taker.recv(len(READY)) == READY:
                    self._on_replaced()
                    return


def _control_path(name: str) -> Path | None:
    """The control socket of an address, in a folder of this user; None where there can be none."""
    if sys.platform == "win32":
        return None
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "likewise" if runtime else cache_folder() / "run"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
    except OSError:
        return None
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        return None  # others could offer us a socket
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.sock"
