"""A hub on loopback: a real HTTP server that speaks the protocol the hub's client asks for.

Model info and tree API, `resolve` with redirects to another origin, etags, commits, ranges, large
files by SHA-256, tokens, gated and private models; and failures of the network.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

LARGE = (".safetensors", ".bin", ".onnx", ".h5", ".msgpack", ".ot", ".model", "tokenizer.json")
TOKEN = "hf_loopback"
NAME = "((?:datasets/)?[^/]+/[^/]+)"
"""Of a repository: `owner/name` of a model, `datasets/owner/name` of a data set."""


@dataclass(frozen=True)
class Content:
    """One file, as the hub keeps it."""

    data: bytes
    large: bool

    @property
    def git_sha1(self) -> str:
        head = f"blob {len(self.data)}\0".encode()
        return hashlib.sha1(head + self.data, usedforsecurity=False).hexdigest()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.git_sha1


@dataclass
class Model:
    """A repository: commits, each with its files; branches that name them."""

    commits: dict[str, dict[str, Content]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False

    def commit(self, revision: str) -> str | None:
        found = self.branches.get(revision, revision)
        return found if found in self.commits else None


@dataclass
class Fault:
    """A failure of requests whose path matches, for a number of requests.

    `status` answers with that status; `cut` closes the connection after so many bytes of a body;
    `corrupt` changes a byte; `no_ranges` sends the whole file always; `pause` waits between pieces
    of 64 KiB; `absent` sends no answer at all.
    """

    path: str
    times: int = 1
    status: int | None = None
    retry_after: str | None = None
    cut: int | None = None
    corrupt: bool = False
    no_ranges: bool = False
    pause: float = 0.0


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    method: str
    path: str
    host: str
    range: str | None
    token: str | None


class LoopbackHub:
    """The server's state; `endpoint` is what HF_ENDPOINT is set to."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.port = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(
        self, hub_id: str, files: Mapping[str, bytes], private: bool = False, gated: bool = False
    ) -> str:
        """Publish files as a new commit on `main`; gives the commit."""
        contents = {p: Content(d, p.endswith(LARGE)) for p, d in files.items()}
        names = "".join(f"{p}{c.etag}" for p, c in sorted(contents.items()))
        commit = hashlib.sha1(names.encode(), usedforsecurity=False).hexdigest()
        model = self.models.setdefault(hub_id, Model(private=private, gated=gated))
        model.commits[commit] = contents
        model.branches["main"] = commit
        return commit

    def fault_for(self, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def asked(self, part: str, method: str = "GET") -> list[Request]:
        return [r for r in self.requests if part in r.path and r.method == method]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        request = Request(
            self.command, path, self.headers.get("Host", ""), self.headers.get("Range"), token
        )
        with self.hub.lock:
            self.hub.requests.append(request)
        fault = self.hub.fault_for(path)
        if fault and fault.status:
            retry = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return self.answer(fault.status, b"{}", retry)
        if match := re.fullmatch(rf"/cdn/{NAME}/(\w+)/(.+)", path):
            content = self.hub.models[match[1]].commits[match[2]][match[3]]
            return self.body(content, {}, fault)
        asked = path.replace("/api/datasets/", "/api/models/datasets/")
        if match := re.fullmatch(rf"/api/models/{NAME}(?:/(revision)/([^/]+))?", asked):
            return self.api(match[1], match[3] or "main", parse_qs(split.query), token)
        if match := re.fullmatch(rf"/api/models/{NAME}/tree/([^/]+)(?:/(.+))?", asked):
            deep = parse_qs(split.query).get("recursive", [""])[0].lower() in ("true", "1")
            return self.tree(match[1], match[2], match[3] or "", deep, token)
        if match := re.fullmatch(rf"/{NAME}/resolve/([^/]+)/(.+)", path):
            return self.resolve(match[1], match[2], match[3], token, fault)
        return self.error(404, "EntryNotFound")

    def tree(self, hub_id: str, revision: str, folder: str, deep: bool, token: str | None) -> None:
        model = self.allowed(hub_id, token, listing=True)
        if model is None:
            return None
        commit = model.commit(revision)
        if commit is None:
            return self.error(404, "RevisionNotFound")
        inside = f"{folder}/" if folder else ""
        files = {p: c for p, c in model.commits[commit].items() if p.startswith(inside)}
        if not files:
            return self.error(404, "EntryNotFound")
        near = {p: c for p, c in files.items() if deep or "/" not in p.removeprefix(inside)}
        rows = [_tree_row(path, content) for path, content in near.items()]
        folders = {inside + p.removeprefix(inside).split("/")[0] for p in files.keys() - near}
        rows += [{"type": "directory", "path": p, "size": 0, "oid": "0" * 40} for p in folders]
        return self.answer(200, json.dumps(rows).encode())

    def api(
        self, hub_id: str, revision: str, query: dict[str, list[str]], token: str | None
    ) -> None:
        model = self.allowed(hub_id, token, listing=True)
        if model is None:
            return None
        commit = model.commit(revision)
        if commit is None:
            return self.error(404, "RevisionNotFound")
        files = model.commits[commit]
        siblings = [
            _sibling(path, content) if query.get("blobs") else {"rfilename": path}
            for path, content in files.items()
        ]
        info = {"_id": "1", "id": hub_id, "modelId": hub_id, "sha": commit, "private": False,
                "gated": "auto" if model.gated else False, "tags": [], "downloads": 0, "likes": 0,
                "siblings": siblings}  # fmt: skip
        return self.answer(200, json.dumps(info).encode())

    def resolve(
        self, hub_id: str, revision: str, path: str, token: str | None, fault: Fault | None
    ) -> None:
        model = self.allowed(hub_id, token)
        if model is None:
            return None
        commit = model.commit(revision)
        if commit is None:
            return self.error(404, "RevisionNotFound")
        content = model.commits[commit].get(path)
        if content is None:
            return self.error(404, "EntryNotFound", {"X-Repo-Commit": commit})
        headers = {"X-Repo-Commit": commit, "ETag": f'"{content.git_sha1}"'}
        if content.large:
            headers |= {
                "X-Linked-Etag": f'"{content.sha256}"',
                "X-Linked-Size": str(len(content.data)),
                # another origin, as a CDN is: the token must not go there
                "Location": f"http://localhost:{self.hub.port}/cdn/{hub_id}/{commit}/{path}",
            }
            return self.answer(302, b"", headers)
        return self.body(content, headers, fault)

    def allowed(self, hub_id: str, token: str | None, *, listing: bool = False) -> Model | None:
        if token is not None and token != TOKEN:
            message = {"X-Error-Message": "Invalid credentials in Authorization header"}
            self.error(401, None, message)
            return None
        model = self.hub.models.get(hub_id)
        if model is None or (model.private and token != TOKEN):
            self.error(404 if token else 401, "RepoNotFound")
            return None
        if model.gated and token != TOKEN and not listing:
            self.error(401, "GatedRepo")
            return None
        return model

    def body(self, content: Content, headers: dict[str, str], fault: Fault | None) -> None:
        data, status = content.data, 200
        if fault and fault.corrupt:
            data = bytes([data[0] ^ 1]) + data[1:]
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted and not (fault and fault.no_ranges):
            start = int(wanted[1])
            headers |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            data, status = data[start:], 206
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.cut is not None:
            self.wfile.write(data[: fault.cut])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        if fault and fault.pause:
            for start in range(0, len(data), 1 << 16):
                self.wfile.write(data[start : start + (1 << 16)])
                time.sleep(fault.pause)
            return
        self.wfile.write(data)

    def error(self, status: int, code: str | None, headers: dict[str, str] | None = None) -> None:
        named = {"X-Error-Code": code} if code else {}
        self.answer(status, b"{}", {**named, **(headers or {})})

    def answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _sibling(path: str, content: Content) -> dict[str, object]:
    row: dict[str, object] = {
        "rfilename": path, "size": len(content.data), "blobId": content.git_sha1,
    }  # fmt: skip
    if content.large:
        row["lfs"] = {"sha256": content.sha256, "size": len(content.data), "pointerSize": 134}
    return row


def _tree_row(path: str, content: Content) -> dict[str, object]:
    row: dict[str, object] = {
        "type": "file", "path": path, "size": len(content.data), "oid": content.git_sha1,
    }  # fmt: skip
    if content.large:
        row["lfs"] = {"oid": content.sha256, "size": len(content.data), "pointerSize": 134}
    return row


@contextmanager
def serve() -> Iterator[LoopbackHub]:
    """A hub on a free port, gone with the block."""
    hub = LoopbackHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
