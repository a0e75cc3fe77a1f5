"""Translates the bodies of HTTP errors."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.web.standalone import error_page
from likewise.web.translations import LANGUAGES, Translations, translations_for
from likewise.web.visitors import language_of, path_of

_log = logging.getLogger("likewise.web")

_MAX_BODY = 1 << 16


class Refusals:
    """ASGI middleware that translates the bodies of errors.

    A browser gets a page, other clients get `{"detail": "…"}`. The framework's JSON in English is
    not changed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request; rewrite the response if it is an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            if answer.started:
                raise
            log_id = uuid.uuid4().hex[:8]
            _log.exception("unexpected error %s", log_id)
            await answer.send({"type": "http.response.start", "status": 500, "headers": []})
            await answer.send({"type": "http.response.body", "body": b""})


class _Answer:
    """A response that may be rewritten."""

    def __init__(self, scope: Scope, send: Send) -> None:
        # read here, since a mounted app changes the scope
        self._t, self._path = translations_for(language_of(scope).code), path_of(scope)
        self._page = _opens_page(scope)
        self._head = scope["method"] == "HEAD"
        self._send = send
        self._held: Message | None = None
        self._body = b""
        self.started = False

    async def send(self, message: Message) -> None:
        """Forward a message; an error is held until its body is complete."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            is_html = headers.get("content-type", "").startswith("text/html")
            if message["status"] >= 400 and not is_html:
                self._held = message
                return
            self.started = True
        elif self._held is not None and message["type"] == "http.response.body":
            if len(self._body) < _MAX_BODY:
                self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._held)
            return
        await self._send(message)

    async def _finish(self, start: Message) -> None:
        error = self._rewritten(start["status"])
        headers = MutableHeaders(raw=list(start["headers"]))
        if error is not None:
            del headers["content-encoding"]
            headers["content-type"] = error.content_type
            headers["content-length"] = str(len(error.body))
            headers["cache-control"] = "no-store"
        self.started = True
        await self._send({**start, "headers": headers.raw})
        sent = self._body if error is None else error.body
        await self._send({"type": "http.response.body", "body": b"" if self._head else sent})

    def _rewritten(self, status: int) -> ErrorBody | None:
        """The body in the reader's language; None where it stays as it is."""
        key = _detail(self._body)
        english_json = not self._page and self._t.language is LANGUAGES[0]
        if english_json and self._body and not self._t.has(key):
            return None
        return _error_body(self._t, status, key, self._path, page=self._page)


@dataclass(frozen=True)
class ErrorBody:
    """The body of an error.

    Attributes:
        body: its bytes.
        content_type: HTML for browsers, else JSON.
    """

    body: bytes
    content_type: str


def localized_error(scope: Scope, status: int, key: str = "") -> ErrorBody:
    """The body of an error in the language of a request.

    Args:
        scope: the request.
        status: the HTTP status.
        key: the message; that of the status where there is no such message.
    """
    t, page = translations_for(language_of(scope).code), _opens_page(scope)
    return _error_body(t, status, key, path_of(scope), page=page)


def _error_body(t: Translations, status: int, key: str, path: str, *, page: bool) -> ErrorBody:
    if not t.has(key):
        key = f"http.{status}" if t.has(f"http.{status}") else "http.error"
    message = t(key, status=status)
    if page:
        home = "../" * (path.count("/") - 1) + t.language.path or "./"
        html = error_page(t, status, message, home)
        return ErrorBody(html.encode(), "text/html; charset=utf-8")
    body = json.dumps({"detail": message}, ensure_ascii=False).encode()
    return ErrorBody(body, "application/json")


def _opens_page(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "")


def _detail(body: bytes) -> str:
    """The `detail` of a JSON body; empty if there is none."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""
