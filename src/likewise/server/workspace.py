"""The workspace at `/app`: one page, its scripts and styles, all from the package."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from starlette.datastructures import Headers

from likewise.analysis.projection.map_page import RENDERER, TEMPLATES
from likewise.server.http import Receive, Scope, Send
from likewise.web.translations import translations_for
from likewise.web.visitors import preferred_language

PATH = "/app"
FILES = f"{PATH}/files"
"""Below it, a hash of all files, then the files: they never change under one address."""

SECURITY = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        b"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'none'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""Nothing but the server's own files is loaded, nothing inline is run, no other page embeds it."""

_TYPES = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}


@dataclass(frozen=True)
class _File:
    body: bytes
    type: bytes
    packed: bytes | None = None


class Workspace:
    """ASGI app of the workspace.

    `/app` and every address below it that is no file is the page: its script reads the address.
    """

    def __init__(self) -> None:
        root = resources.files("likewise.web").joinpath("workspace")
        self._files = dict(_read(root, PurePosixPath()))
        for name in RENDERER:  # what draws the stand-alone map, too
            self._files[f"page/{name}"] = _packed((TEMPLATES / name).read_bytes(), ".js")
        self._page = root.joinpath("index.html").read_text("utf-8")
        digest = hashlib.sha256()
        for name, file in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + file.body)
        self.version = digest.hexdigest()[:16]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer a request."""
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, _File(b"", b"text/plain"), cache=b"no-store")
        elif path.startswith(f"{FILES}/"):
            name = path.removeprefix(f"{FILES}/").partition("/")[2]
            file = self._files.get(name)
            if file is None:
                await _answer(scope, send, 404, _File(b"", b"text/plain"), cache=b"no-store")
            else:
                cache = b"public, max-age=31536000, immutable"
                await _answer(scope, send, 200, file, cache=cache)
        else:
            page = _File(self._html(scope).encode(), b"text/html; charset=utf-8")
            await _answer(scope, send, 200, page, cache=b"no-store")

    def _html(self, scope: Scope) -> str:
        """The page, in the language of the request, with the addresses of its files."""
        language = preferred_language(Headers(scope=scope))
        root = str(scope.get("root_path", ""))
        files = f"{root}{FILES}/{self.version}"
        preloads = "\n".join(
            f'<link rel="modulepreload" href="{files}/{name}">'
            for name in sorted(self._files)
            if name.endswith(".js") and not name.startswith("pages/")
        )
        values: Mapping[str, str] = {
            "locale": language.locale,
            "language": language.code,
            "title": translations_for(language.code)("title"),
            "root": json.dumps(root)[1:-1],
            "files": files,
            "preloads": preloads,
        }
        page = self._page
        for name, value in values.items():
            page = page.replace(f"{{{{{name}}}}}", value)
        return page


def _packed(body: bytes, suffix: str) -> _File:
    return _File(body, _TYPES[suffix], gzip.compress(body, mtime=0))


def _read(folder: Traversable, below: PurePosixPath) -> list[tuple[str, _File]]:
    """Every file that may be served, by its path."""
    found: list[tuple[str, _File]] = []
    for each in folder.iterdir():
        path = below / each.name
        if each.is_dir():
            found += _read(each, path)
        elif path.suffix in _TYPES:
            found.append((str(path), _packed(each.read_bytes(), path.suffix)))
    return found


async def _answer(scope: Scope, send: Send, status: int, file: _File, *, cache: bytes) -> None:
    body, encoding = file.body, []
    if file.packed is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
        body, encoding = file.packed, [(b"content-encoding", b"gzip")]
    headers = [
        (b"content-type", file.type),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", cache),
        (b"vary", b"accept-encoding, accept-language, cookie"),
        *encoding,
        *SECURITY,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": body})
