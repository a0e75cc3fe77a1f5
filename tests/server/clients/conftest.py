"""A server process with keys, and clients that reach nothing but this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from likewise.hub.catalog import DEFAULT
from likewise.server.key_file import KeyFile
from tests.conftest import skip_unless_ci

ROOT = Path(__file__).parents[3]
ALIAS = "text-embedding-3-small"
REQUESTS_PER_MINUTE = 20


@dataclass(frozen=True)
class Running:
    """A server process.

    Attributes:
        base_url: its address, with `/v1`.
        key: an API key without a limit.
        limited_key: one that allows `REQUESTS_PER_MINUTE`.
        lines: what the process has written to standard error.
    """

    base_url: str
    key: str
    limited_key: str
    lines: list[str] = field(default_factory=list)

    def logged(self, request_id: str) -> dict[str, Any]:
        """The line of a request in the log."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if request_id in line:
                    return dict(json.loads(line))
            time.sleep(0.05)
        raise AssertionError(f"no line of {request_id} in the log")


@pytest.fixture(scope="session")
def tiktoken_files() -> Path:
    """The vocabularies of OpenAI that LiteLLM ships, as tiktoken's cache."""
    spec = importlib.util.find_spec("litellm")  # importing it takes seconds
    if spec is None or spec.origin is None:
        skip_unless_ci("litellm is not installed")
    return Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"


@pytest.fixture(scope="session")
def running(
    model_folder: Path, tiktoken_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """`likewise serve` with the real model in float32."""
    assert model_folder.is_dir()
    folder = tmp_path_factory.mktemp("running")
    keys = KeyFile(folder / "keys.json")
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "TIKTOKEN_CACHE_DIR": str(tiktoken_files)}
    key = keys.create("unlimited", ["read"]).secret
    limited = keys.create("limited", ["read"], REQUESTS_PER_MINUTE).secret
    process = subprocess.Popen(
        [sys.executable, "-m", "likewise", "serve", "--no-ui", "--port", "0",
         "--compute", "float32", "--preload", DEFAULT, "--alias", f"{ALIAS}={DEFAULT}",
         "--any-dimensions", "--keys", str(keys.path), "--log-format", "json"],
        env=environment, text=True, stderr=subprocess.PIPE,
    )  # fmt: skip
    lines: list[str] = []
    address: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if line.startswith("Likewise is at "):
                address.append(line.split()[3])
                ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert ready.wait(120)
        assert address, "".join(lines)
        yield Running(f"{address[0]}/v1", key, limited, lines)
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            reader.join(5)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test whose client connects to another machine, such as for telemetry."""
    connect = socket.socket.connect
    elsewhere: list[Any] = []

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
        ):
            elsewhere.append(address)
            raise ConnectionRefusedError(f"{address} is another machine")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)
    yield
    assert elsewhere == []
