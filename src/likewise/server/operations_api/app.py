"""The app of the operations API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import APIRouter, FastAPI

import likewise
from likewise.operations.registry import ModelRegistry
from likewise.server.operations_api.answers import UnexpectedErrors, add_error_answers
from likewise.server.operations_api.file_routes import add_files
from likewise.server.operations_api.job_files import add_job_files
from likewise.server.operations_api.job_routes import add_jobs
from likewise.server.operations_api.job_stream import add_job_stream
from likewise.server.operations_api.operation_routes import add_operations
from likewise.server.operations_api.service import ApiSettings, OperationsService

PREFIX = "/api/v1"


def create_operations_api(
    models: ModelRegistry | None = None, settings: ApiSettings | None = None
) -> FastAPI:
    """The app of `/api/v1`: operations, jobs, files.

    `app.state.operations` is its `OperationsService`. Its `start()` begins to run jobs, and
    `close()` stops them; the app's lifespan calls both. A server whose stop waits for connections
    calls `end_streams()` first.

    Args:
        models: loaded models, shared with the rest of the server; its own when None.
        settings: how it works.

    Returns:
        The app; its OpenAPI page is at `/api/v1/openapi.json`.
    """
    settings = settings or ApiSettings()
    service = OperationsService(models or ModelRegistry(), settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await to_thread.run_sync(service.close)

    app = FastAPI(
        title="Likewise",
        version=likewise.__version__,
        summary="Sentence embeddings, and work with them.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.operations = service
    router = APIRouter(prefix=PREFIX)
    add_operations(router, service)
    add_jobs(router, service)
    add_job_stream(router, service)
    add_job_files(router, service)
    add_files(router, service)
    app.include_router(router)
    add_error_answers(app, service.redact)
    app.add_middleware(UnexpectedErrors)  # the outermost
    return app
