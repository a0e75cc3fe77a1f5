"""The server over standard input and output, for a client that starts it as a process."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import anyio
from mcp.server.stdio import stdio_server

from likewise.hub.catalog import DEFAULT
from likewise.mcp.server import LikewiseServer
from likewise.operations.registry import ModelRegistry


def serve_stdio(
    *, store: str | None = None, model: str = DEFAULT, data: Path | None = None
) -> None:
    """Serve one client until it closes its end.

    Standard output carries the protocol alone: what code or libraries print goes to standard
    error, as the log does.

    Args:
        store: where collections are stored; the platform's folder where None.
        model: the model where a call names none.
        data: folder whose files tools may read; none where None.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    server = LikewiseServer(ModelRegistry(), store, model=model, data=data)
    anyio.run(_serve, server)


async def _serve(server: LikewiseServer) -> None:
    async with stdio_server() as (read, write):
        options = server.protocol.create_initialization_options()
        await server.protocol.run(read, write, options)
