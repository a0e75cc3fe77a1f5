"""A real collection, and the server over both transports."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp import StdioServerParameters

from likewise.collections.local_copies import LocalCopies
from likewise.mcp.http import create_mcp_app
from likewise.operations.index import IndexRequest, index
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import Session

TEXTS = (
    "A refund is paid back to the card that was used, within five days.",
    "Orders are shipped on the day they are placed, if before noon.",
    "The warehouse is closed on public holidays.",
    "A parcel that is lost is replaced without any charge.",
    "Passwords must have at least twelve characters.",
    "The office cat sleeps on the printer.",
)


@dataclass(frozen=True)
class Place:
    """Where the server finds its collections and files.

    Attributes:
        store: of the collection `help`.
        data: the folder whose files tools may read.
    """

    store: Path | str
    data: Path

    def session(self) -> Session:
        """A session like the server's."""
        return Session(models=ModelRegistry(), store=str(self.store))

    def stdio(self) -> StdioServerParameters:
        """What starts the server as a client does."""
        return StdioServerParameters(
            command=sys.executable,
            args=["-m", "likewise", "mcp", "--store", str(self.store), "--data", str(self.data)],
            env=dict(os.environ),
        )


class running:  # noqa: N801 - used like a function
    """The application in uvicorn, mounted as a host does it."""

    def __init__(self, place: Place, copies: LocalCopies | None = None) -> None:
        app = create_mcp_app(ModelRegistry(), str(place.store), data=place.data, copies=copies)

        async def host(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await receive()
                async with app.lifespan():
                    await send({"type": "lifespan.startup.complete"})
                    await receive()
                await send({"type": "lifespan.shutdown.complete"})
            else:
                await app(scope, receive, send)

        config = uvicorn.Config(host, port=0, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/mcp"

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "it stops"


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
"""The first message of a client."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Place:
    folder = tmp_path_factory.mktemp("mcp")
    data = folder / "data"
    data.mkdir()
    (data / "help.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    doubled = "\n".join((*TEXTS, TEXTS[0], TEXTS[1].lower()))
    (data / "doubled.txt").write_text(doubled, encoding="utf-8")
    long = "A long manual. " + " ".join(f"Step {n} turns valve {n}." for n in range(90))
    (data / "manual.md").write_text(long, encoding="utf-8")
    (folder / "secret.txt").write_text("not for agents\n", encoding="utf-8")
    store = folder / "store"
    session = Session(store=str(store))
    files = (str(data / "help.txt"), str(data / "manual.md"))
    index(IndexRequest(files=files, into="help"), session)
    return Place(store, data)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
