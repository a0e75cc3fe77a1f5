"""Several servers over one object store, as behind a load balancer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.loopback_s3 import new_bucket

NOTES = "/api/v1/collections/notes"


@contextmanager
def replica(store: str, cache: Path) -> Iterator[httpx.Client]:
    """A server with a cache of its own, which is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "likewise", "serve", "--no-ui", "--port", "0", "--store", store,
         "--log-format", "off"],
        env=os.environ | {"LIKEWISE_CACHE": str(cache), "XDG_DATA_HOME": str(cache)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        ready = (line for line in process.stderr if line.startswith("Likewise is at "))
        with httpx.Client(base_url=next(ready).split()[3], timeout=120) as client:
            yield client
    finally:
        process.kill()
        process.wait()


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(client: httpx.Client, query: str) -> list[str]:
    return [hit["text"] for hit in post(client, f"{NOTES}/search", {"query": query})["hits"]]


def test_what_one_replica_writes_all_of_them_find(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path
) -> None:
    store = f"s3://{new_bucket(server, 'replicas', monkeypatch)}/notes"
    with replica(store, tmp_path / "two") as two:
        with replica(store, tmp_path / "one") as one:
            post(one, "/api/v1/collections", {"name": "notes"})
            first = ["A man plays the guitar.", "A dog runs."]
            post(one, f"{NOTES}/records", {"records": first})
            assert set(found(two, "animal")) == set(first)
            assert list((tmp_path / "two").rglob("notes.lance/data/*"))  # it reads its own disk

            def add(number: int) -> int:
                """Add a record by turns; another writer is reported, and it is tried again."""
                client, refused = (one, two)[number % 2], 0
                body = {"records": [f"Ticket number {number} is open."]}
                while True:
                    answer = client.post(f"{NOTES}/records", json=body)
                    if answer.status_code == 200:
                        return refused
                    assert "another process is writing" in answer.json()["error"]["message"]
                    refused += 1

            with ThreadPoolExecutor(2) as threads:
                list(threads.map(add, range(6)))
            every = {f"Ticket number {number} is open." for number in range(6)} | set(first)
            for client in (one, two):
                browsed = post(client, f"{NOTES}/browse", {"limit": 100})["hits"]
                assert sorted(hit["text"] for hit in browsed) == sorted(every)
        gone = next(hit for hit in browsed if hit["text"] == "A dog runs.")
        post(two, f"{NOTES}/records/remove", {"ids": [gone["id"]]})  # the other one was killed
        with replica(store, tmp_path / "one") as again:
            assert "A dog runs." not in found(again, "animal")
            assert found(again, "music")[0] == "A man plays the guitar."
