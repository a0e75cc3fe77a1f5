"""The web app: the pages on a FastAPI app, one process, one port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.extras import require
from likewise.hub.catalog import DEFAULT

if TYPE_CHECKING:
    from fastapi import FastAPI

    from likewise.operations.registry import ModelRegistry


def create_app(
    app: FastAPI | None = None,
    *,
    model: str = DEFAULT,
    results: str | Path = "results",
    models: ModelRegistry | None = None,
    workspace: bool = False,
) -> FastAPI:
    """The web app, open to every request; `likewise.server` restricts it.

    Args:
        app: an app whose routes come first; a new one when not given.
        model: the model that a new page works with; it is loaded on first use.
        results: folder of saved example tests.
        models: loaded models, shared with the rest of the process; its own when not given.
        workspace: whether the workspace is served at `/app`, so that the pages link to it.

    Returns:
        The app: English at `/`, Chinese at `/zh/`, downloads under `/downloads/`.

    Raises:
        MissingExtraError: the extra `web` is not installed.
    """
    gradio: Any = require("gradio", "web")
    fastapi: Any = require("fastapi", "web")
    from likewise.web.download_store import DownloadStore, add_downloads
    from likewise.web.job_runner import JobRunner
    from likewise.web.limits import MAX_UPLOAD_BYTES, BodyLimit
    from likewise.web.locale_middleware import LocaleMiddleware
    from likewise.web.page import appearance, build_page
    from likewise.web.refusals import Refusals
    from likewise.web.registry import Choice, local_models
    from likewise.web.translations import LANGUAGES, translations_for

    app = app or fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    downloads = DownloadStore()
    runner = JobRunner(models or local_models(), downloads)
    add_downloads(app, downloads)
    _close_with(app, runner)
    for language in reversed(LANGUAGES):  # the root last, since it matches every path
        page = build_page(
            translations_for(language.code), runner, Choice(model), Path(results),
            workspace=workspace,
        )  # fmt: skip
        gradio.mount_gradio_app(
            app, page, path=f"/{language.path}".rstrip("/") or "/", footer_links=[],
            run_history=False, allowed_paths=[], max_file_size=MAX_UPLOAD_BYTES, show_error=False,
            enable_monitoring=False, ssr_mode=False, pwa=False,
            app_kwargs={"openapi_url": None}, **appearance(),
        )  # fmt: skip
    # the last one is the outermost
    app.add_middleware(LocaleMiddleware)
    app.add_middleware(BodyLimit)
    app.add_middleware(Refusals)
    return app


def _close_with(app: FastAPI, runner: Any) -> None:
    """Shut the workers down when the app ends."""
    before = app.router.lifespan_context

    @asynccontextmanager
    async def around(served: FastAPI) -> Any:
        async with before(served) as state:
            try:
                yield state
            finally:
                runner.close()

    app.router.lifespan_context = around
