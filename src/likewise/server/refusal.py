"""Requests that are refused before they reach a route, in the error form of their address."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope, Send

from likewise.server.http import ErrorForm
from likewise.web.refusals import localized_error

API_PATHS = (
    "/v1", "/v2", "/api", "/mcp", "/embed", "/embed_all", "/embed_sparse", "/similarity", "/rerank",
    "/predict", "/invocations", "/tokenize", "/decode", "/info", "/health", "/ping", "/metrics",
    "/docs", "/openapi.json",
)  # fmt: skip
"""Addresses that programs call, each with those below it; the others are pages."""


FormOf = Callable[[str], ErrorForm | None]
"""Finds the error form of a path; None where it has none of its own."""


def no_form(_path: str) -> None:
    """No path has an error form of its own."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: the HTTP status.
        message: what happened.
        hint: what to do about it.
        page_message: the translated message of a page; that of the status when empty.
        headers: of the answer.
    """

    status: int
    message: str
    hint: str = ""
    page_message: str = ""
    headers: Iterable[tuple[bytes, bytes]] = ()


def is_api(scope: MutableMapping[str, Any]) -> bool:
    """Whether a request is one of a program; those of pages are answered with pages."""
    path = scope["path"]
    if path == "/":
        return bool(scope.get("method") == "POST")
    first = "/" + path[1:].partition("/")[0]
    return first in API_PATHS


class ErrorResponder:
    """Answers requests that are refused.

    Args:
        form_of: finds the error form of a path; a common one where it finds none.
    """

    def __init__(self, form_of: FormOf) -> None:
        self._form_of = form_of

    async def send(self, refusal: Refusal, scope: Scope, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        content_type = "application/json"
        if is_api(scope):
            form = self._form_of(scope["path"]) or error_form
            body = form(refusal.status, refusal.message, refusal.hint)
        else:
            error = localized_error(scope, refusal.status, refusal.page_message)
            body, content_type = error.body, error.content_type
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            *refusal.headers,
        ]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        sent = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})


def error_form(status: int, message: str, hint: str = "", _error: object = None) -> bytes:
    """The body of errors at addresses that have no dialect."""
    error = {"status": status, "message": message, "hint": hint}
    return json.dumps({"error": error}, ensure_ascii=False).encode()
