"""Results kept a while for download, each under a name that cannot be guessed."""

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
        """The file's name without its ending."""
        ...

    @property
    def formats(self) -> tuple[str, ...]:
        """Endings it can be had in."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes it holds, in memory or on disk."""
        ...

    def write(self, path: Path) -> None:
        """Write it in the format that the ending names."""
        ...


@dataclass(frozen=True)
class TableResult:
    """Rows of a table."""

    rows: Sequence[Mapping[str, Any]]
    stem: str = "likewise-ranking"
    formats: tuple[str, ...] = ("csv", "json")

    @property
    def size(self) -> int:
        """About how many bytes it holds in memory."""
        return sum(len(str(row)) for row in self.rows)

    def write(self, path: Path) -> None:
        """Write it in the format that the ending names."""
        write_table(path, self.rows)


@dataclass(frozen=True)
class DocumentResult:
    """One JSON document."""

    document: Mapping[str, Any]
    stem: str
    formats: tuple[str, ...] = ("json",)

    @property
    def size(self) -> int:
        """About how many bytes it holds in memory."""
        return len(str(self.document))

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        with atomic(path) as file:
            file.write(json.dumps(self.document, ensure_ascii=False, indent=1).encode() + b"\n")


@dataclass(frozen=True)
class _Kept:
    visitor: str
    session: str
    result: Result
    until: float


class DownloadStore:
    """Keeps the last result of each session for download. Safe from several threads.

    Args:
        seconds: how long a result is kept.
        limit: bytes kept in all; the oldest results go first, the newest always stays.
    """

    def __init__(self, seconds: float = 3600, limit: int = 1 << 30) -> None:
        self._seconds, self._limit = seconds, limit
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, session: str, result: Result, visitor: str = "") -> str:
        """Keep a result in place of the session's last one of that kind.

        Args:
            session: the page that it was computed for.
            result: the result.
            visitor: the only one who may download it; empty for a browser without cookies.

        Returns:
            Its secret name.
        """
        token = secrets.token_urlsafe(18)
        with self._lock:
            for name, kept in list(self._kept.items()):
                replaced = kept.session == session and kept.result.stem == result.stem
                if replaced or kept.until < time.monotonic():
                    del self._kept[name]
            self._kept[token] = _Kept(visitor, session, result, time.monotonic() + self._seconds)
            while len(self._kept) > 1 and self._bytes() > self._limit:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str, visitor: str = "") -> Result | None:
        """The result of that name; None where it is gone or belongs to another visitor."""
        with self._lock:
            kept = self._kept.get(token)
        if kept is None or kept.until < time.monotonic() or kept.visitor not in ("", visitor):
            return None
        return kept.result

    def drop(self, session: str) -> None:
        """Forget what a session left."""
        with self._lock:
            for name in [n for n, kept in self._kept.items() if kept.session == session]:
                del self._kept[name]

    def _bytes(self) -> int:
        return sum(kept.result.size for kept in self._kept.values())


def add_downloads(app: FastAPI, shelf: DownloadStore) -> None:
    """Serve what is on the shelf under `/downloads/NAME/FILE`, written when it is asked for."""

    @app.get("/downloads/{token}/{name}", include_in_schema=False)
    def download(token: str, name: str, request: Request) -> FileResponse:
        result = shelf.get(token, visitor_of(request).name)
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
