"""Servers of other projects on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

HOST = "127.0.0.1"


@contextmanager
def running_server(command: Sequence[str], **variables: str) -> Iterator[str]:
    """The `host:port` of a server, once it accepts connections.

    Args:
        command: how it is started; `{port}` stands for its port.
        variables: are set for it.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [part.format(port=port) for part in command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | variables,
    ) as process:  # fmt: skip
        try:
            for _ in range(300):
                try:
                    socket.create_connection((HOST, port), timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"{HOST}:{port}"
        finally:
            process.kill()
