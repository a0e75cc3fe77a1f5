"""Stores results for download for a limited time, each under an unguessable name."""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from likewise.atomic import atomic
from likewise.data.writers import write_table
from likewise.web.visitors import visitor_of


class Result(Protocol):
    """Something that can be written in several formats."""

    @property
    def stem(self) -> str:
        """The file name without extension."""
        ...

    @property
    def formats(self) -> tuple[str, ...]:
        """The available file extensions."""
        ...

    @property
    def size(self) -> int:
        """Approximate size in bytes, in memory or on disk."""
        ...

    def write(self, path: Path) -> None:
        """Write a file in the format of its extension."""
        ...


@dataclass(frozen=True)
class TableResult:
    """Rows of a table."""

    rows: Sequence[Mapping[str, Any]]
    stem: str = "likewise-ranking"
    formats: tuple[str, ...] = ("csv", "json")

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        return sum(len(str(row)) for row in self.rows)

    def write(self, path: Path) -> None:
        """Write a file in the format of its extension."""
        write_table(path, self.rows)


@dataclass(frozen=True)
class DocumentResult:
    """One JSON document."""

    document: Mapping[str, Any]
    stem: str
    formats: tuple[str, ...] = ("json",)

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        return len(str(self.document))

    def write(self, path: Path) -> None:
        """Write a JSON file."""
        with atomic(path) as file:
            file.write(json.dumps(self.document, ensure_ascii=False, indent=1).encode() + b"\n")


@dataclass(frozen=True)
class _StoredResult:
    visitor: str
    session: str
    result: Result
    expires: float


class DownloadStore:
    """Stores the last result of each session for download. Thread-safe.

    Args:
        seconds: lifetime of a result.
        limit: maximum total bytes; the oldest results are evicted first, the newest never.
    """

    def __init__(self, seconds: float = 3600, limit: int = 1 << 30) -> None:
        self._seconds, self._limit = seconds, limit
        self._stored: OrderedDict[str, _StoredResult] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, session: str, result: Result, visitor: str = "") -> str:
        """Store a result; it replaces the last one of the session with the same name.

        Args:
            session: of the page.
            result: the result.
            visitor: the only visitor who may download it; empty without cookies.

        Returns:
            The token of the result.
        """
        token = secrets.token_urlsafe(18)
        with self._lock:
            for name, stored in list(self._stored.items()):
                replaced = stored.session == session and stored.result.stem == result.stem
                if replaced or stored.expires < time.monotonic():
                    del self._stored[name]
            self._stored[token] = _StoredResult(
                visitor, session, result, time.monotonic() + self._seconds
            )
            while len(self._stored) > 1 and self._bytes() > self._limit:
                self._stored.popitem(last=False)
        return token

    def get(self, token: str, visitor: str = "") -> Result | None:
        """The result of a token; None if it has expired or belongs to another visitor."""
        with self._lock:
            stored = self._stored.get(token)
        if (
            stored is None
            or stored.expires < time.monotonic()
            or stored.visitor not in ("", visitor)
        ):
            return None
        return stored.result

    def drop(self, session: str) -> None:
        """Delete the results of a session."""
        with self._lock:
            for name in [n for n, stored in self._stored.items() if stored.session == session]:
                del self._stored[name]

    def _bytes(self) -> int:
        return sum(stored.result.size for stored in self._stored.values())


def add_downloads(app: FastAPI, downloads: DownloadStore) -> None:
    """Serve the stored results at `/downloads/TOKEN/FILE`; files are written on request."""

    @app.get("/downloads/{token}/{name}", include_in_schema=False)
    def download(token: str, name: str, request: Request) -> FileResponse:
        result = downloads.get(token, visitor_of(request).name)
        if result is None or name not in {f"{result.stem}.{ending}" for ending in result.formats}:
            raise HTTPException(404, "http.download")
        folder = tempfile.TemporaryDirectory(prefix="likewise-")
        path = Path(folder.name) / name
        try:
            result.write(path)
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(
            path,
            filename=name,
            headers={"Cache-Control": "no-store"},
            background=BackgroundTask(folder.cleanup),
        )
