"""Logs of a server: a line for each request, with its id and without its texts."""

from __future__ import annotations

import itertools
import json
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from likewise.server.refusal import ErrorResponder, Refusal
from likewise.server.request_record import RequestRecord, current
from likewise.web.visitors import KEY_STATE

LogFormat = Literal["auto", "json", "text", "off"]
"""Auto is text on a terminal, else JSON; off writes no line for a request."""

MOST_LINES = 100_000
"""Lines that wait to be written; more are dropped, since requests do not wait for a slow log."""

_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PROCESS = os.urandom(8).hex()
_numbers = itertools.count()
_log = logging.getLogger("likewise.server")


class RequestLog:
    """ASGI middleware that gives each request an id and logs it.

    An exception that no route handled is logged, and answered without its text.

    Args:
        app: the server.
        responder: answers requests that fail.
        writer: takes the lines; None logs none.
        as_json: one JSON object a line, else columns.
        log_texts: log the texts, too.
    """

    def __init__(
        self,
        app: ASGIApp,
        responder: ErrorResponder,
        writer: LineWriter | None = None,
        *,
        as_json: bool = True,
        log_texts: bool = False,
    ) -> None:
        self._app, self._responder, self._writer = app, responder, writer
        self._format = _json_line if as_json else _text_line
        self._log_texts = log_texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord(_request_id(scope), self._log_texts)
        current.set(record)
        scope.setdefault("state", {})
        # now, since a mounted app changes the scope
        method, path = scope["method"], scope["path"]
        identified = (b"x-request-id", record.id.encode())
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), identified]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _log.exception("request %s failed", record.id)
            if status:
                raise  # the server closes the connection, so that the client notices
            refusal = Refusal(500, f"internal error, request {record.id}", "see the server's log")
            await self._responder.send(refusal, scope, send_with_id)
        finally:
            if self._writer:
                key = scope["state"].get(KEY_STATE)
                line = RequestLine(
                    datetime.now(UTC).isoformat(timespec="milliseconds"), record.id,
                    key.name if key else "", method, path, status or 499,
                    round((time.perf_counter() - started) * 1e3, 2), record.texts, record.tokens,
                )  # fmt: skip
                self._writer.write(self._format(line, record.content))


@dataclass(frozen=True)
class RequestLine:
    """The fields of a line.

    Attributes:
        time: when it was answered, ISO 8601 in UTC.
        id: of the request.
        key: the name of its API key; empty without one.
        method: of HTTP.
        path: without the query.
        status: of HTTP; 499 where the client was gone before the answer.
        ms: milliseconds until the end of the answer.
        texts: how many texts it was about.
        tokens: how many tokens they have.
    """

    time: str
    id: str
    key: str
    method: str
    path: str
    status: int
    ms: float
    texts: int
    tokens: int


def _json_line(line: RequestLine, content: Sequence[str]) -> str:
    fields = {**vars(line), "content": content} if content else vars(line)
    return msgspec.json.encode(fields).decode() + "\n"


def _text_line(line: RequestLine, content: Sequence[str]) -> str:
    path = json.dumps(line.path)[1:-1]  # no control characters on a terminal
    about = f" {line.texts} texts, {line.tokens} tokens" if line.texts else ""
    shown = f" {json.dumps(list(content), ensure_ascii=False)}" if content else ""
    return (
        f"{line.time[11:23]} {line.status} {line.method} {path} {line.ms:.1f} ms{about} "
        f"{line.key or '-'} {line.id}{shown}\n"
    )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value.decode())
    return f"{_PROCESS}{next(_numbers):08x}"


class LineWriter:
    """Writes lines in a thread, so that a slow terminal or pipe never holds up a request.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="request log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Write a line soon."""
        if self._lines.qsize() < MOST_LINES:
            self._lines.put(line)
        else:
            self._dropped += 1

    def close(self, seconds: float = 2) -> None:
        """Write what is left, as far as it goes in that time."""
        self._lines.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            lines = [self._lines.get()]
            while not self._lines.empty():
                lines.append(self._lines.get())
            ended = None in lines
            text = "".join(line for line in lines if line is not None)
            if self._dropped:
                text += f"{self._dropped} lines of the log were dropped\n"
                self._dropped = 0
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                return
            if ended:
                return


class JsonFormatter(logging.Formatter):
    """Messages of the program as JSON, one per line, like those of the requests."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = {
            "time": when, "level": record.levelname, "logger": record.name,
            "message": record.getMessage(),
        }  # fmt: skip
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)
