"""Files that clients send."""

from __future__ import annotations

import gzip
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest

from likewise.server.operations_api.uploads import (
    TooLargeError,
    UploadLimits,
    UploadStore,
    safe_name,
)


def test_send_list_delete(server: Any) -> None:
    file = server.send("a.txt", "one\n")
    shown = server.client.get(f"/files/{file}").json()
    assert (shown["name"], shown["size"]) == ("a.txt", 4)
    assert shown["expires"] - shown["created"] == 24 * 3600
    assert file in {each["id"] for each in server.client.get("/files").json()["files"]}
    assert server.client.delete(f"/files/{file}").status_code == 204
    assert server.client.get(f"/files/{file}").status_code == 404


def test_a_body_that_is_no_form_is_refused(server: Any) -> None:
    assert server.client.post("/files", content=b"rubbish").status_code == 422
    assert server.client.post("/files", json={"file": "a"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), ("C:\\a\\b.csv", "b.csv"), ("", "file"),
        ("..", "file"), ("a\0b\n.txt", "a_b_.txt"), ("Übung 1.csv", "Übung 1.csv"),
        ("x" * 300 + ".csv.gz", "x" * 113 + ".csv.gz"),
    ],
)  # fmt: skip
def test_names_are_plain(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_limits(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, UploadLimits(file=1000, unpacked=5000, total=1500))
    store.put("me", "a.txt", io.BytesIO(b"a" * 1000))
    with pytest.raises(TooLargeError, match="larger than the 500 bytes"):
        store.put("me", "b.txt", io.BytesIO(b"a" * 501))
    with pytest.raises(TooLargeError, match="larger than the 1,000 bytes"):
        store.put("you", "b.txt", io.BytesIO(b"a" * 1001))
    with pytest.raises(TooLargeError, match="holds more than 5,000 bytes"):
        store.put("you", "bomb.txt.gz", io.BytesIO(gzip.compress(b"a" * 100_000)))
    assert not store.of("you")
    assert len(os.listdir(tmp_path)) == 2  # nothing of the refused ones is left


def test_files_expire(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, UploadLimits(seconds=0.05))
    first = store.put("me", "a.txt", io.BytesIO(b"a"))
    used = store.put("me", "b.txt", io.BytesIO(b"b"))
    assert store.get("me", first.id) == first
    time.sleep(0.1)
    assert store.get("me", first.id) is None
    store.delete_expired(used={used.id})
    assert not store.path(first).exists()
    assert store.path(used).exists()
