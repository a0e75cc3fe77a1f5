"""A real server on a free port, with the real model."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from likewise.hub.catalog import DEFAULT
from likewise.server.app import Server, Settings
from likewise.server.http import App


@dataclass(frozen=True)
class Served:
    """A server that answers.

    Attributes:
        address: its address, without a slash at the end.
        server: the app.
    """

    address: str
    server: Server


@contextmanager
def serving(
    settings: Settings | None = None, *, wrap: Callable[[App], App] | None = None, **options: Any
) -> Iterator[Served]:
    """Serve in a thread until the block ends.

    Args:
        settings: what is served; without the web app when not given.
        wrap: puts middleware around the app.
        options: of `Settings`.
    """
    server = Server(settings or Settings(**{"ui": False, "compute": "float32", **options}))
    config = uvicorn.Config(
        wrap(server) if wrap else server, log_level="warning", timeout_graceful_shutdown=1
    )
    process = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=process.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not process.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start in a minute"
        time.sleep(0.02)
    yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server)
    process.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def served(model_folder: Path) -> Iterator[Served]:
    """A server with the real model in float32 and without the web app."""
    assert model_folder.is_dir()
    with serving(preload=(DEFAULT,)) as found:
        yield found


@pytest.fixture(scope="session")
def server_address(served: Served) -> str:
    """The address of a server with the real model."""
    return served.address
