"""Servers that are measured: each in a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from benchmarks.environments import ROOT
from benchmarks.results import UnavailableError

INFINITY = ROOT / ".venv-bench-infinity"
"""The environment of infinity, which needs older packages: `python -m benchmarks.servers`."""

INFINITY_PACKAGES = (
    "infinity-emb[server,torch]==0.0.78", "click<8.2", "transformers<4.49", "optimum<2",
    "sentence-transformers<6", "fastapi<0.116", "typer<0.16",
)  # fmt: skip


@dataclass(frozen=True)
class RunningServer:
    """A server that answers.

    Attributes:
        name: what it is.
        port: on the loopback address.
        path: of its embeddings, in OpenAI's form.
        process: the operating system's process.
    """

    name: str
    port: int
    path: str
    process: psutil.Process

    @property
    def url(self) -> str:
        """The address of its embeddings."""
        return f"http://127.0.0.1:{self.port}{self.path}"


def likewise(port: int, model: str, *options: str) -> list[str]:
    """Likewise, without the web app and without cached vectors."""
    return [
        sys.executable, "-m", "likewise", "serve", "--no-ui", "--port", str(port),
        "--model", model, "--preload", model, "--cache-mb", "0", "--log-format", "off", *options,
    ]  # fmt: skip


def sentence_transformers(port: int, model: str) -> list[str]:
    """A server as users of sentence-transformers write it, with FastAPI."""
    return [sys.executable, "-m", "benchmarks.adapters.fastapi_server", model, str(port)]


def infinity(port: int, model: str) -> list[str]:
    """Infinity with torch.

    Raises:
        UnavailableError: its environment is not set up.
    """
    program = INFINITY / "bin" / "infinity_emb"
    if not program.exists():
        raise UnavailableError("infinity is not set up (python -m benchmarks.servers)")
    return [
        str(program), "v2", "--model-id", model, "--port", str(port), "--device", "cpu",
        "--engine", "torch", "--no-bettertransformer", "--served-model-name", "model",
    ]  # fmt: skip


SERVERS: dict[str, tuple[Callable[..., list[str]], str]] = {
    "likewise": (likewise, "/v1/embeddings"),
    "sentence-transformers + FastAPI": (sentence_transformers, "/v1/embeddings"),
    "infinity 0.0.78": (infinity, "/embeddings"),
}
"""Name to what starts it and the path of its embeddings."""


@contextmanager
def running(name: str, model: str, *options: str) -> Iterator[RunningServer]:
    """Start a server, wait until it answers with a vector, and stop it at the end.

    Raises:
        UnavailableError: it cannot be started here.
    """
    start, path = SERVERS[name]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    process = psutil.Popen(
        start(port, model, *options),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = RunningServer(name, port, path, process)
        _wait(server, process)
        yield server
    finally:
        with suppress(psutil.NoSuchProcess):  # it has ended by itself
            process.terminate()
            process.wait(30)


def _wait(server: RunningServer, process: psutil.Popen) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UnavailableError(f"{server.name} ended before it answered")
        try:
            request = urllib.request.Request(
                server.url,
                b'{"input": "ready?", "model": "model"}',
                {"content-type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=60):
                return
        except OSError:
            time.sleep(0.2)
    raise UnavailableError(f"{server.name} did not answer within three minutes")


def set_up() -> None:
    """Install infinity in its environment."""
    if not shutil.which("wrk"):
        print("wrk is missing: apt-get install wrk")
    subprocess.run([sys.executable, "-m", "venv", str(INFINITY)], check=True)
    pip = [str(INFINITY / "bin" / "pip"), "install", "-q", *INFINITY_PACKAGES]
    subprocess.run(pip, check=True)


if __name__ == "__main__":
    set_up()
