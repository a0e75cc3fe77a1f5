"""The server as one ASGI app: the dialects first, then the project's own API and the web app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from likewise.hub.catalog import DEFAULT
from likewise.operations.registry import MEMORY_LIMIT, ModelRegistry
from likewise.server import openai
from likewise.server.batching import Batcher
from likewise.server.embedding import EmbeddingService
from likewise.server.http import (
    App,
    Dialect,
    FastRoutes,
    Message,
    Receive,
    Request,
    Response,
    Route,
    Routes,
    Scope,
    Send,
)
from likewise.server.metrics import CONTENT_TYPE, Metrics
from likewise.server.models import ServedModels
from likewise.server.token_ids import TokenIds
from likewise.server.vector_cache import VectorCache


@dataclass(frozen=True)
class Settings:
    """What the server serves.

    Attributes:
        model: the model of requests that name none, and of a new page of the web app.
        models: the only models that clients may name; every model on this machine when empty.
        aliases: other names of models, as clients use them.
        preload: models that are loaded before the first request, and stay loaded.
        compute: number format of the networks.
        memory_limit: bytes of weights in memory.
        cache_limit: bytes of vectors in memory; 0 caches none.
        max_wait: seconds of work that may wait before requests are refused.
        any_dimensions: truncate vectors of models that were not trained for it, too.
        token_ids: vocabulary of token ids in requests.
        ui: serve the web app, too.
    """

    model: str = DEFAULT
    models: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    preload: tuple[str, ...] = ()
    compute: str = "auto"
    memory_limit: int = MEMORY_LIMIT
    cache_limit: int = 64 * 2**20
    max_wait: float = 20.0
    any_dimensions: bool = False
    token_ids: TokenIds = "auto"
    ui: bool = True


class Server:
    """The ASGI app, and what it is made of.

    Args:
        settings: what it serves.

    Attributes:
        service: the engine behind the dialects.
        fast: the addresses of the dialects.
        metrics: what was done so far.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        registry = ModelRegistry(settings.memory_limit)
        names = {settings.model, *settings.models} if settings.models else ()
        self.service = EmbeddingService(
            ServedModels(registry, names, compute=settings.compute),
            Batcher(max_wait=settings.max_wait, cache=VectorCache(settings.cache_limit)),
            settings.model,
            settings.aliases,
            settings.any_dimensions,
            settings.token_ids,
        )
        self.fast = FastRoutes(
            _pages(settings), {**dialect_routes(self.service), ("GET", "/metrics"): self._metrics()}
        )
        self.metrics = Metrics(self.service.batcher, registry, self.fast.has)
        self._app = self.metrics.counting(self.fast)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _metrics(self) -> Route:
        async def metrics(_request: Request) -> Response:
            headers = ((b"content-type", CONTENT_TYPE),)
            return Response(self.metrics.render(), headers=headers)

        return Route(metrics, Dialect(openai.error_form))

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def started(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                for name in self.settings.preload:
                    await self.service.models.pin(name)
            await send(message)

        watching = asyncio.create_task(self.service.models.watch())
        await self.fast(scope, receive, started)
        watching.cancel()
        self.service.batcher.close()
        self.service.models.close()


def dialect_routes(service: EmbeddingService) -> Routes:
    """The addresses of every dialect."""
    return {**openai.routes(service)}


def _pages(settings: Settings) -> App:
    if settings.ui:
        from likewise.web.app import create_app

        return create_app(model=settings.model)
    from fastapi import FastAPI

    return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
