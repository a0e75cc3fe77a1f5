"""A server process with a small app, for tests of what is around the app."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]


@dataclass
class Program:
    """A server that runs.

    Attributes:
        process: the process.
        address: without a path.
        lines: what it has written to standard error.
    """

    process: subprocess.Popen[str]
    address: str
    lines: list[str] = field(default_factory=list)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Send a signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


@contextmanager
def program(folder: Path, *, passed: tuple[int, ...] = (), **options: Any) -> Iterator[Program]:
    """Start a server.

    Args:
        folder: for its keys and sockets.
        passed: file descriptors that it inherits.
        options: as `_serve` below takes them.
    """
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": f"{ROOT / 'src'}"}
    started = subprocess.Popen(
        [sys.executable, __file__, json.dumps(options)], env=environment, text=True,
        stderr=subprocess.PIPE, pass_fds=passed,
    )  # fmt: skip
    found = Program(started, "")
    ready = threading.Event()

    def read() -> None:
        assert started.stderr is not None
        for line in started.stderr:
            found.lines.append(line)
            if line.startswith("Likewise is at "):
                found.address = line.split()[3]
                ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(60)
        assert found.address, "".join(found.lines)
        yield found
    finally:
        started.kill()
        started.wait()
        reader.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Load:
    """Clients that send requests without a pause, each with its own connection pool."""

    def __init__(self, address: str, clients: int, *, path: str = "/v1/slow?ms=5") -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._ended = threading.Event()
        self._url = address + path
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(number % 2 == 0,)) for number in range(clients)
        ]

    def _run(self, keep_alive: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=1 if keep_alive else 0)
        with httpx.Client(limits=limits, timeout=30) as client:
            while not self._ended.is_set():
                try:
                    answer = client.post(self._url, content=b"text")
                    problem = "" if answer.json() == {"bytes": 4} else answer.text
                except httpx.HTTPError as error:
                    problem = repr(error)
                with self._lock:
                    self.answered += not problem
                    if problem:
                        self.failures.append(problem)
                        if "ConnectError" in problem:
                            return  # nothing listens any more

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answered: int) -> None:
        """Wait until that many requests were answered from now on."""
        deadline, goal = time.monotonic() + 60, self.answered + answered
        while self.answered < goal:
            assert time.monotonic() < deadline, self.failures[:3]
            time.sleep(0.01)


async def _app(scope: Any, receive: Any, send: Any) -> None:
    from likewise.server.keys import allows
    from likewise.server.request_record import record_usage

    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    query = dict(part.split("=") for part in scope["query_string"].decode().split("&") if part)
    if scope["path"] == "/v1/stream":
        head = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        while True:
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
            await asyncio.sleep(0.1)
    if scope["path"] == "/v1/fail":
        raise RuntimeError("a secret detail")
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RuntimeError("the client has gone")
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await asyncio.sleep(float(query.get("ms", "0")) / 1000)
    record_usage([body.decode("utf-8", "replace")], len(body))
    answer: dict[str, Any] = {"bytes": len(body)}
    if scope["path"] == "/v1/scopes":
        answer = {each: allows(scope, each) for each in ("read", "write", "admin")}
    head = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _openai_form(path: str) -> Any:
    from likewise.server.openai import error_form

    return error_form if path.startswith("/v1") else None


def _serve(
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    uds: str | None = None,
    fd: int | None = None,
    api_key: str | None = None,
    keys: str | None = None,
    cors: tuple[str, ...] = (),
    trusted: tuple[str, ...] = (),
    limits: dict[str, float] | None = None,
    **options: Any,
) -> None:
    from likewise.server.access import decide_access
    from likewise.server.key_file import KeyFile
    from likewise.server.keyring import Keyring
    from likewise.server.limits import Limits
    from likewise.server.listener import Address
    from likewise.server.secure import ServedApp
    from likewise.server.serve import ServeOptions, serve

    address = Address(host, port, Path(uds) if uds else None, fd)
    for name in ("tls_cert", "tls_key"):
        if name in options:
            options[name] = Path(options[name])
    access = decide_access(
        address.reached_at, keys=Keyring(api_key, KeyFile(Path(keys)) if keys else None),
        cors_origins=cors, trusted_hosts=trusted,
    )  # fmt: skip
    served = ServedApp(_app, _openai_form, limits=Limits(**(limits or {})))  # type: ignore[arg-type]
    serve(lambda: served, access, ServeOptions(address, **options))


if __name__ == "__main__":
    _serve(**json.loads(sys.argv[1]))
