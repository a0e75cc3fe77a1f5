"""`/docs`: the API as a page on which requests can be tried; everything it loads is local."""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

PATH = "/docs"


def create_docs_page(openapi_url: str) -> FastAPI:
    """An app that shows the page, at `/docs` and below.

    Args:
        openapi_url: address of the description of the API.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount(f"{PATH}/static", StaticFiles(directory=static))

    @app.get(PATH)
    def page(_request: Request) -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=openapi_url,
            title="Likewise: HTTP API",
            swagger_js_url=f"{PATH}/static/swagger-ui-bundle.js",
            swagger_css_url=f"{PATH}/static/swagger-ui.css",
            swagger_favicon_url="data:,",
        )

    return app
