"""The web app: the pages on a FastAPI app, one process, one port."""

from __future__ import annotations

import socket
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.errors import InputError
from likewise.extras import require
from likewise.hub.catalog import DEFAULT

if TYPE_CHECKING:
    from fastapi import FastAPI

    from likewise.web.access import Access


def create_app(
    app: FastAPI | None = None,
    *,
    model: str = DEFAULT,
    results: str | Path = "results",
    access: Access | None = None,
) -> FastAPI:
    """The web app.

    Args:
        app: an app whose routes come first; a new one when not given.
        model: the model that a new page works with; it is loaded on first use.
        results: folder of saved example tests.
        access: who may use it; when not given, browsers on this machine, without a key.

    Returns:
        The app: English at `/`, Chinese at `/zh/`, downloads under `/downloads/`.

    Raises:
        MissingExtraError: the extra `web` is not installed.
    """
    gradio: Any = require("gradio", "web")
    fastapi: Any = require("fastapi", "web")
    from likewise.web.access import Access, Guard
    from likewise.web.download_store import DownloadStore, add_downloads
    from likewise.web.job_runner import JobRunner
    from likewise.web.limits import MOST_BYTES, BodyLimit
    from likewise.web.locale_middleware import LocaleMiddleware
    from likewise.web.page import appearance, build_page
    from likewise.web.refusals import Refusals
    from likewise.web.registry import Choice, local_models
    from likewise.web.streams import EndedStreams, Streams
    from likewise.web.translations import LANGUAGES, translations_for

    access = access or Access()
    app = app or fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    downloads = DownloadStore()
    runner = JobRunner(local_models(), downloads)
    add_downloads(app, downloads)
    _close_with(app, runner)
    for language in reversed(LANGUAGES):  # the one at the root last: it answers everything
        page = build_page(
            translations_for(language.code),
            runner,
            Choice(model),
            Path(results),
            keyed=bool(access.key),
        )
        gradio.mount_gradio_app(
            app, page, path=f"/{language.path}".rstrip("/") or "/", footer_links=[],
            run_history=False, allowed_paths=[], max_file_size=MOST_BYTES, show_error=False,
            enable_monitoring=False, ssr_mode=False, pwa=False,
            app_kwargs={"openapi_url": None}, **appearance(),
        )  # fmt: skip
    # the last one is the outermost
    app.add_middleware(LocaleMiddleware)
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, access=access)
    app.add_middleware(Refusals)
    app.state.streams = Streams()
    app.add_middleware(EndedStreams, streams=app.state.streams)
    return app


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    model: str = DEFAULT,
    open_browser: bool = False,
    api_key: str | None = None,
    allow_public: bool = False,
    trusted_hosts: Sequence[str] = (),
) -> None:
    """Serve the web app until interrupted.

    Args:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        model: the model that a new page works with.
        open_browser: open the page once it answers.
        api_key: what every request must present; browsers are asked for it once.
        allow_public: serve other machines without a key.
        trusted_hosts: names under which a proxy publishes the app.

    Raises:
        InputError: the port cannot be had; or other machines could reach the app, and there is
            neither a key nor `allow_public`.
        MissingExtraError: the extra `web` is not installed.
    """
    uvicorn: Any = require("uvicorn", "web")
    from likewise.web.access import decide_access, exposure

    access = decide_access(
        host, key=api_key, allow_public=allow_public, trusted_hosts=trusted_hosts
    )
    with _listening(host, port) as listener:
        app = create_app(model=model, access=access)
        address = f"http://{_shown(host)}:{listener.getsockname()[1]}"

        class Server(uvicorn.Server):  # type: ignore[misc]
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                sys.stderr.write(f"Likewise is at {address} (Ctrl+C ends it)\n")
                sys.stderr.write(exposure(host, listener.getsockname()[1], access))
                sys.stderr.flush()
                if open_browser:
                    webbrowser.open(address)

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                app.state.streams.end()  # else it waits for every page that is open
                await super().shutdown(sockets)

        settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        Server(settings).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket on that address, so that a busy port is told before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}",
            hint="something else may use it; choose another with --port",
        ) from error
    return listener


def _shown(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _close_with(app: FastAPI, runner: Any) -> None:
    """Let the workers go when the app ends."""
    before = app.router.lifespan_context

    @asynccontextmanager
    async def around(served: FastAPI) -> Any:
        async with before(served) as state:
            try:
                yield state
            finally:
                runner.close()

    app.router.lifespan_context = around
