"""The server as one ASGI app: the dialects first, then the project's own API and the web app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI

from likewise.collections.local_copies import LocalCopies
from likewise.errors import MissingExtraError
from likewise.extras import require
from likewise.hub.catalog import DEFAULT
from likewise.operations.registry import MEMORY_LIMIT
from likewise.server import cohere, docs_page, ollama, openai, tei
from likewise.server.batching import Batcher
from likewise.server.embedding import EmbeddingService
from likewise.server.http import (
    Dialect,
    FastRoutes,
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
from likewise.server.operations_api.app import PREFIX, create_operations_api
from likewise.server.operations_api.service import ApiSettings
from likewise.server.parts import Parts, run_lifespan
from likewise.server.reranking import RerankService
from likewise.server.token_ids import TokenIds
from likewise.server.vector_cache import VectorCache
from likewise.server.vector_file import VectorFile
from likewise.server.worker import Worker
from likewise.server.workspace import PATH as WORKSPACE
from likewise.server.workspace import Workspace
from likewise.web.registry import local_models


@dataclass(frozen=True)
class Settings:
    """What the server serves.

    Attributes:
        model: the model of requests that name none, and of a new page of the web app.
        reranker: the model that reranks where a request names none; `model` when None.
        models: models that clients may name beside the others given here; every model on this
            machine when empty.
        aliases: other names of models, as clients use them.
        preload: models that are loaded before the first request, and stay loaded.
        compute: number format of the networks.
        memory_limit: bytes of weights in memory.
        cache_limit: bytes of vectors in memory; 0 caches none.
        cache_file: a file of more vectors, which outlives the process; None for none.
        cache_file_limit: bytes of vectors in that file.
        max_wait: seconds of work that may wait before requests are refused.
        any_dimensions: truncate vectors of models that were not trained for it, too.
        token_ids: vocabulary of token ids in requests.
        api: how the project's own API works.
        ui: serve the web app, too.
        watch_seconds: seconds between two looks at the files of loaded models.
    """

    model: str = DEFAULT
    reranker: str | None = None
    models: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    preload: tuple[str, ...] = ()
    compute: str = "auto"
    memory_limit: int = MEMORY_LIMIT
    cache_limit: int = 64 * 2**20
    cache_file: Path | None = None
    cache_file_limit: int = 2**30
    max_wait: float = 20.0
    any_dimensions: bool = False
    token_ids: TokenIds = "auto"
    api: ApiSettings = field(default_factory=ApiSettings)
    ui: bool = True
    watch_seconds: float = 5.0


class Server:
    """The ASGI app, and what it is made of.

    Args:
        settings: what it serves.

    Attributes:
        settings: what it serves.
        models: loaded models, shared by every part.
        service: the engine behind the dialects.
        reranking: ranks documents.
        routes: the addresses of the dialects.
        metrics: what was done so far.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = local_models(settings.memory_limit)
        reranker = settings.reranker or settings.model
        names = {settings.model, reranker, *settings.models, *settings.preload}
        names |= set(settings.aliases.values())
        self.service = EmbeddingService(
            ServedModels(self.models, names, only=bool(settings.models), compute=settings.compute),
            Batcher(max_wait=settings.max_wait, cache=_cache(settings)),
            settings.model,
            settings.aliases,
            settings.any_dimensions,
            settings.token_ids,
        )
        self.reranking = RerankService(self.service, Worker(settings.max_wait), reranker)
        self._parts = Parts(self._pages())
        operations = create_operations_api(self.models, settings.api)
        self._parts.add(PREFIX, operations)
        self._parts.add(docs_page.PATH, docs_page.create_docs_page(f"{PREFIX}/openapi.json"))
        if settings.ui:
            self._parts.add(WORKSPACE, Workspace())
        self._add_mcp(operations.state.operations.copies)
        self.routes = FastRoutes(
            self._parts,
            {
                **dialect_routes(self.service, self.reranking),
                ("GET", "/metrics"): self._metrics_route(),
            },
        )
        self.metrics = Metrics(self.service.batcher, self.models, self.routes.has)
        self._app = self.metrics.counting(self.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await run_lifespan(self._running, receive, send)
        else:
            await self._app(scope, receive, send)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with self._parts.running():
            for name in self.settings.preload:
                await self.service.models.pin(name)
            background = [
                asyncio.create_task(self.service.models.watch(self.settings.watch_seconds)),
                asyncio.create_task(self.metrics.measure_lag()),
            ]
            try:
                yield
            finally:
                for task in background:
                    task.cancel()
                await asyncio.to_thread(self.service.batcher.close)
                await asyncio.to_thread(self.reranking.worker.close)
                self.service.models.close()

    def _metrics_route(self) -> Route:
        async def metrics(_request: Request) -> Response:
            return Response(self.metrics.render(), headers=((b"content-type", CONTENT_TYPE),))

        return Route(metrics, Dialect(openai.error_form))

    def _add_mcp(self, copies: LocalCopies) -> None:
        try:
            require("mcp", "mcp")
        except MissingExtraError:
            return
        from likewise.mcp import http

        api = self.settings.api
        app = http.create_mcp_app(
            self.models, api.store, model=self.settings.model, data=api.data, hosts=None,
            copies=copies,
        )  # fmt: skip
        self._parts.add("/mcp", app, app.lifespan)

    def _pages(self) -> FastAPI:
        if self.settings.ui:
            from likewise.web.app import create_app

            return create_app(model=self.settings.model, models=self.models, workspace=True)
        return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def dialect_routes(service: EmbeddingService, reranking: RerankService) -> Routes:
    """The addresses of every dialect."""
    return {
        **openai.routes(service),
        **tei.routes(service, reranking),
        **cohere.routes(service, reranking),
        **ollama.routes(service),
    }


def _cache(settings: Settings) -> VectorCache:
    file = settings.cache_file and VectorFile(settings.cache_file, settings.cache_file_limit)
    return VectorCache(settings.cache_limit, file or None)
