"""Errors as answers, and what a request says about its client."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.errors import LikewiseError
from likewise.server import keys
from likewise.server.errors import status_of
from likewise.server.operations_api.redaction import Redaction
from likewise.server.operations_api.uploads import TooLargeError
from likewise.server.request_record import current
from likewise.web.visitors import KEY_STATE

_log = logging.getLogger("likewise.server")


class ApiError(Exception):
    """An answer that is no error of an operation.

    Attributes:
        status: the HTTP status.
        type: stable name.
        message: what happened.
        hint: what to do next.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        hint: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.type, self.message, self.hint = status, type_, message, hint
        self.headers = headers or {}


def owner_of(request: Request) -> str:
    """Name of the client's key; empty without keys."""
    return str(getattr(request.scope.get("state", {}).get(KEY_STATE), "name", ""))


def require_scope(request: Request, needed: keys.Scope) -> None:
    """Refuse a key that lacks a scope.

    Raises:
        ApiError: it does.
    """
    if not keys.allows(request.scope, needed):
        raise ApiError(
            403, "forbidden", f"this key has no scope {needed!r}", hint="use another key"
        )


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The id of a request, by which it is found in the log."""
    if record := current.get():
        return record.id
    state = scope.setdefault("state", {})
    return str(state.setdefault("likewise.request_id", uuid.uuid4().hex))


def describe(error: LikewiseError, redact: Redaction) -> dict[str, Any]:
    """An error's `type`, `message` and `hint`, without paths of the server."""
    known = next(
        kind for kind in type(error).__mro__ if kind.__module__ == LikewiseError.__module__
    )
    name = known.__name__.removesuffix("Error")
    return {
        "type": re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(),
        "message": _valid(redact.text(error.message)),
        "hint": _valid(redact.text(error.hint)),
    }


def add_error_answers(app: FastAPI, redact: Redaction) -> None:
    """Answer every error in one form: `{"error": {type, message, hint, request_id}}`."""

    def answer(
        request: Request, status: int, body: dict[str, Any], headers: Any = None
    ) -> Response:
        error = body | {"request_id": request_id(request.scope)}
        return JSONResponse({"error": error}, status, headers)

    async def likewise_error(request: Request, error: Any) -> Response:
        status = 413 if isinstance(error, TooLargeError) else status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("request %s: %s", request_id(request.scope), error)
        return answer(request, status, describe(error, redact))

    async def api_error(request: Request, error: Any) -> Response:
        body = {"type": error.type, "message": _valid(error.message), "hint": error.hint}
        return answer(request, error.status, body, error.headers)

    async def invalid(request: Request, error: Any) -> Response:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:])) or str(first["loc"][0])
        body = {
            "type": "invalid_request",
            "message": _valid(f"{where}: {first['msg']}"),
            "hint": "see /api/v1/openapi.json",
        }
        return answer(request, 422, body)

    async def http_error(request: Request, error: Any) -> Response:
        phrase = HTTPStatus(error.status_code).phrase.lower()
        message = phrase if error.detail is None else _valid(str(error.detail).lower())
        body = {"type": phrase.replace(" ", "_"), "message": message, "hint": ""}
        return answer(request, error.status_code, body, error.headers)

    app.add_exception_handler(LikewiseError, likewise_error)
    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)


class UnexpectedErrors:
    """ASGI middleware: an unexpected exception is logged, and answered with its request id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            found = request_id(scope)
            _log.exception("request %s failed unexpectedly", found)
            if begun:
                raise
            error = {
                "type": "internal_error",
                "message": "an unexpected error",
                "hint": "the server's log has it under the request id",
                "request_id": found,
            }
            await JSONResponse({"error": error}, 500)(scope, receive, send)


def _valid(text: str) -> str:
    """A text that UTF-8 can hold: clients may send half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()
