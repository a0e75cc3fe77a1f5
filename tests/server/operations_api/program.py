"""A server of the operations API alone, for tests to start, stop and kill."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn

from likewise.operations.registry import ModelRegistry
from likewise.server.operations_api import ApiSettings, create_operations_api

SCOPES = {"reader": {"read"}, "writer": {"read", "write"}, "admin": {"read", "write", "admin"}}


class NamedKeys:
    """Takes the name of a key from the header `X-Key`; without it there are no keys."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = dict(scope.get("headers", ())).get(b"x-key", b"").decode()
        if name:
            kind = name.partition("-")[0]
            key = SimpleNamespace(name=name, scopes=frozenset(SCOPES[kind]))
            scope.setdefault("state", {})["likewise.key"] = key
        await self._app(scope, receive, send)


def main(settings: dict[str, Any]) -> None:
    paths = {name: Path(settings.pop(name)) for name in ("state", "data") if settings.get(name)}
    app = create_operations_api(ModelRegistry(), ApiSettings(**settings | paths))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            assert sockets
            print(f"port {sockets[0].getsockname()[1]}", flush=True)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.operations.end_streams()
            await super().shutdown(sockets)

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(NamedKeys(app), log_level="warning", lifespan="on")
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
