"""The server over streamable HTTP: an ASGI application to mount in another one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from likewise.hub.catalog import DEFAULT
from likewise.mcp.server import LikewiseServer
from likewise.operations.registry import ModelRegistry

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from likewise.collections.local_copies import LocalCopies

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MOST_BODY = 4 * 2**20
"""Bytes of a request's body by default."""


class McpApp:
    """ASGI application of the protocol, at whatever path it is mounted.

    The application that mounts it runs `lifespan` around its own.
    """

    def __init__(self, sessions: StreamableHTTPSessionManager) -> None:
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._sessions.asgi_app(scope, receive, send)

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Serves requests while it is entered; once per application."""
        return self._sessions.run()


def create_mcp_app(
    models: ModelRegistry,
    store: str | None = None,
    *,
    model: str = DEFAULT,
    data: Path | None = None,
    hosts: Iterable[str] | None = LOOPBACK,
    most_body: int = MOST_BODY,
    copies: LocalCopies | None = None,
) -> McpApp:
    """The server as an ASGI application.

    Args:
        models: loaded models, shared with the other parts of the process.
        store: where collections are stored; the platform's folder where None.
        model: the model where a call names none.
        data: folder whose files tools may read; none where None.
        hosts: names under which it is reached, without ports. Requests with another `Host` or
            `Origin` are refused, so that pages of other sites cannot use it. None where the
            application that mounts it checks both.
        most_body: bytes of a request's body.
        copies: copies of collections of an object store, to read from; None reads the store.
    """
    server = LikewiseServer(models, store, model=model, data=data, copies=copies)
    security = _security(hosts)
    return McpApp(
        StreamableHTTPSessionManager(
            server.protocol, security_settings=security, max_request_body_size=most_body
        )
    )


def _security(hosts: Iterable[str] | None) -> TransportSecuritySettings:
    if hosts is None:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = list(hosts)
    origins = [f"{scheme}://{name}" for name in names for scheme in ("http", "https")]
    return TransportSecuritySettings(
        allowed_hosts=[*names, *(f"{name}:*" for name in names)],
        allowed_origins=[*origins, *(f"{origin}:*" for origin in origins)],
    )
