"""What a request may send, and how long it may take."""

from __future__ import annotations

import gzip
import json
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from likewise.server.limits import Decompressor
from tests.server.program import Program, program

MOST = 100_000
LIMITS = {
    "body_bytes": MOST, "upload_bytes": 3 * MOST, "body_seconds": 1.5, "upload_seconds": 3,
    "request_seconds": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with program(tmp_path_factory.mktemp("limits"), limits=LIMITS) as running:
        yield running


def _post(server: Program, content: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(server.address + "/v1/x", content=content, headers=named, timeout=20)


def _deflate(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


TEXT = bytes(range(256)) * 390


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
        ("gzip", gzip.compress(b"0" * len(TEXT))),
        ("deflate", _deflate(TEXT, 15)),
        ("deflate", _deflate(TEXT, -15)),
    ],
)
def test_bodies_are_decompressed(server: Program, encoding: str, body: bytes) -> None:
    assert _post(server, body, content_encoding=encoding).json() == {"bytes": len(TEXT)}
    pieces = (body[at : at + 1] for at in range(len(body))) if len(body) < 2000 else iter([body])
    answer = _post(server, pieces, content_encoding=encoding)
    assert answer.json() == {"bytes": len(TEXT)}


@pytest.mark.parametrize("wbits", [31, 15, -15])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_pieces_of_any_size(wbits: int, size: int) -> None:
    body = _deflate(TEXT, wbits)
    decoder = Decompressor("gzip" if wbits == 31 else "deflate", MOST)
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    assert b"".join(part for piece in pieces for part in decoder.feed(piece)) == TEXT
    decoder.finish()


def test_an_empty_body_has_no_compression(server: Program) -> None:
    assert _post(server, b"", content_encoding="gzip").json() == {"bytes": 0}


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_bombs_are_refused(server: Program, encoding: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < MOST  # within the limit as it is sent, 64 MB after that
    answer = _post(server, bomb, content_encoding=encoding)
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert f"{MOST:,}" in answer.json()["error"]["message"]


def test_bodies_that_are_not_what_they_say(server: Program) -> None:
    whole = gzip.compress(TEXT)
    for body in (b"text", whole[:-20], whole[:500] + b"x" + whole[501:], whole + b"rubbish"):
        assert _post(server, body, content_encoding="gzip").status_code == 400
    for encoding in ("br", "zstd", "gzip, gzip", "x"):
        answer = _post(server, b"text", content_encoding=encoding)
        assert answer.status_code == 415
        assert "gzip" in answer.headers["accept-encoding"]


def test_large_bodies_are_refused_announced_or_not(server: Program) -> None:
    assert _post(server, bytes(MOST)).json() == {"bytes": MOST}
    assert _post(server, bytes(MOST + 1)).status_code == 413
    assert _refused_without_end(server)
    form = {"content_type": "multipart/form-data; boundary=x"}
    assert _post(server, bytes(3 * MOST), **form).json() == {"bytes": 3 * MOST}
    assert _post(server, bytes(3 * MOST + 1), **form).status_code == 413


def _refused_without_end(server: Program) -> bool:
    def pieces() -> Iterator[bytes]:
        for _ in range(1000):
            yield bytes(10_000)
            time.sleep(0.001)

    try:
        return _post(server, pieces()).status_code == 413
    except httpx.HTTPError:  # the connection was closed meanwhile
        return True


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "99999999999999999999"])
def test_lengths_that_are_none(server: Program, length: str) -> None:
    reply = _raw(server, f"Content-Length: {length}\r\n".encode(), b"text")
    assert reply.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


def test_a_body_that_does_not_arrive(server: Program) -> None:
    started = time.monotonic()
    reply = _raw(server, b"Content-Length: 100\r\n", b"text")
    assert reply.startswith(b"HTTP/1.1 408")
    assert json.loads(reply.partition(b"\r\n\r\n")[2])["error"]["message"].startswith("the body")
    assert 1 < time.monotonic() - started < 10


def test_a_request_that_takes_too_long(server: Program) -> None:
    started = time.monotonic()
    answer = httpx.post(server.address + "/v1/x?ms=20000", content=b"text", timeout=30)
    assert answer.status_code == 504
    assert 1.5 < time.monotonic() - started < 10
    with httpx.stream("GET", server.address + "/v1/stream") as stream:  # an answer may last
        for count, _ in enumerate(stream.iter_raw()):
            if count == 30:
                break
    assert time.monotonic() - started > 2


def _raw(server: Program, headers: bytes, body: bytes) -> bytes:
    port = int(server.address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n" + body)
        with connection.makefile("rb") as reply:
            return reply.read()


def test_errors_of_the_server_tell_nothing(server: Program) -> None:
    answer = httpx.get(server.address + "/v1/fail")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
    until = time.monotonic() + 30  # the log is read by another thread
    while not any("a secret detail" in line for line in server.lines):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize(
    "path", ["/v1/../health", "/v1/%2e%2e/health", "//health", "/health/../v1/x", "/health%00"]
)
def test_paths_are_not_resolved(tmp_path: Path, path: str) -> None:
    with program(tmp_path, api_key="key") as keyed:
        port = int(keyed.address.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            with connection.makefile("rb") as reply:
                assert reply.read().startswith((b"HTTP/1.1 401", b"HTTP/1.1 400"))
