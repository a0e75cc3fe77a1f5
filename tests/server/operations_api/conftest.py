"""Servers of the operations API in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

PROGRAM = Path(__file__).with_name("program.py")
WAIT = 300.0

Start = Callable[..., "Running"]


class Running:
    """A server, started at once, and a client of it.

    Attributes:
        client: a client without a key.
        base: address of the API.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        environment = os.environ | {"HF_HUB_OFFLINE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(dict(settings))],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("port "), self.stop()
        self.base = f"http://127.0.0.1:{line.split()[1]}/api/v1"
        self.client = self.as_key("")

    def as_key(self, name: str) -> httpx.Client:
        """A client with a key; its scopes are those of the first part of its name."""
        return httpx.Client(
            base_url=self.base, headers={"X-Key": name} if name else {}, timeout=WAIT
        )

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> str:
        """End it as Ctrl-C does; gives what it wrote to standard error."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.communicate(timeout=60)[1]

    def send(self, name: str, content: str | bytes, client: httpx.Client | None = None) -> str:
        """Send a file; gives its id."""
        answer = (client or self.client).post("/files", files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def begin(self, path: str, **values: Any) -> str:
        """Start a job; gives its id."""
        answer = self.client.post(path, json=values)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wait(
        self, job_id: str, until: Callable[[dict[str, Any]], bool] | None = None
    ) -> dict[str, Any]:
        """Wait until a job has ended, or until it is as a condition has it."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            job: dict[str, Any] = self.client.get(f"/jobs/{job_id}").json()
            if until(job) if until else job["status"] not in ("queued", "running"):
                return job
            assert not until or job["status"] in ("queued", "running"), job
            time.sleep(0.05)
        pytest.fail(f"the job is still {job}")

    def result(self, job_id: str) -> dict[str, Any]:
        """The result of a job, when it is done."""
        job = self.wait(job_id)
        assert job["status"] == "done", job
        found: dict[str, Any] = self.client.get(f"/jobs/{job_id}/result").json()
        return found


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers: `start(**settings)`; without `state` and `store` each has its own."""
    begun: list[Running] = []

    def started(**settings: Any) -> Running:
        folder = tmp_path_factory.mktemp("api")
        whole = {"state": str(folder / "state"), "store": str(folder / "store")} | settings
        begun.append(Running(whole))
        return begun[-1]

    yield started
    for running in begun:
        if running.process.poll() is None:
            running.kill()


@pytest.fixture(scope="module")
def server(start: Start) -> Running:
    """A server for the tests of one file."""
    return start()
