"""Calls that are answered at once."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow.ipc
import pytest

import likewise
from likewise.operations.contract import request_fields
from likewise.operations.session import Session
from likewise.operations.similarity import SimilarityRequest, similarity
from likewise.server.operations_api.endpoints import ENDPOINTS
from likewise.server.operations_api.resolver import kind_of

TEXTS = ["A man is eating food.", "食べる", "word " * 400]


def test_a_result_is_what_the_operation_gives(server: Any) -> None:
    answer = server.client.post("/similarity", json={"a": "A man eats.", "b": "He is eating."})
    assert answer.status_code == 200
    expected = similarity(SimilarityRequest(a="A man eats.", b="He is eating."), Session())
    found = answer.json()
    assert found["cosine"] == pytest.approx(expected.to_dict()["cosine"], abs=1e-6)
    assert found.keys() == expected.to_dict().keys()


def test_vectors_are_those_in_process_in_every_form(server: Any, encoder: likewise.Encoder) -> None:
    expected = encoder.encode(TEXTS)
    body = {"texts": TEXTS, "compute": "float32"}

    def ask(accept: str) -> httpx.Response:
        answer: httpx.Response = server.client.post(
            "/encode", json=body, headers={"Accept": accept}
        )
        assert answer.status_code == 200, answer.text
        return answer

    as_json = ask("application/json").json()
    assert np.array_equal(np.array(as_json["vectors"], np.float32), expected)
    assert as_json["truncation"] == {"limit": 256, "seen": as_json["truncation"]["seen"],
                                     "read": as_json["truncation"]["read"]}  # fmt: skip
    assert as_json["truncation"]["seen"][2] == 402
    assert as_json["truncation"]["read"][2] == 256

    raw = ask("application/octet-stream")
    rows, columns = map(int, raw.headers["x-likewise-shape"].split(","))
    vectors = np.frombuffer(raw.content, "<f4").reshape(rows, columns)
    assert np.array_equal(vectors, expected)
    assert raw.headers["x-likewise-truncated"] == "1"

    arrow = ask("application/vnd.apache.arrow.stream")
    table = pyarrow.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    stacked = np.stack([np.array(row, np.float32) for row in table["vector"].to_pylist()])
    assert np.array_equal(stacked, expected)
    assert table["tokens_seen"].to_pylist() == as_json["truncation"]["seen"]
    assert table["tokens_read"].to_pylist() == as_json["truncation"]["read"]
    assert table["token_limit"].to_pylist() == [256] * 3
    assert table.schema.metadata[b"fingerprint"].decode() == encoder.fingerprint


def test_messages_are_in_a_header(server: Any) -> None:
    answer = server.client.post("/encode", json={"texts": TEXTS})
    messages = json.loads(answer.headers["x-likewise-messages"])
    assert "truncated" in {message["code"] for message in messages}


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/similarity", {"a": "one"}, 422, "invalid_request"),
        ("/similarity", {"a": "one", "b": 2}, 422, "invalid_request"),
        ("/similarity", {"a": "one", "b": "two", "c": 3}, 422, "invalid_request"),
        ("/similarity", {"a": "one", "b": "two", "compute": "int3"}, 422, "invalid_request"),
        ("/rank", {"query": "q", "candidates": ["a"], "top_k": 0}, 422, "invalid_request"),
        ("/rank", {"query": "q", "candidates": ["a"], "top_k": True}, 422, "invalid_request"),
        ("/rank", {"query": "q", "candidates": ["a"], "top_k": 10**30}, 422, "invalid_request"),
        ("/rank", {"query": "q"}, 400, "input"),
        ("/encode", {"texts": ["word " * 400], "truncation": "error"}, 413, "too_long"),
        ("/similarity", {"a": "a", "b": "b", "model": "all-minilm-l9"}, 404, "model_not_found"),
        ("/similarity", {"a": "a", "b": "b", "model": "/etc"}, 404, "model_not_found"),
        ("/similarity", {"a": "a", "b": "b", "model": "../main"}, 404, "model_not_found"),
        ("/similarity", {"a": "a", "b": "b", "model": "src"}, 404, "model_not_found"),
        ("/similarity", {"a": "a", "b": "b", "model": "a\0b"}, 404, "model_not_found"),
        ("/train", {"model": "recipes/gte-small.yaml", "output": "a"}, 404, "model_not_found"),
        ("/distill", {"model": "all-MiniLM-L6-v2", "student": "src", "output": "a"}, 404,
         "model_not_found"),
        ("/encode", {"file": "/etc/passwd", "output": "a.npy"}, 400, "input"),
        ("/encode", {"file": "-", "output": "a.npy"}, 400, "input"),
        ("/encode", {"texts": ["a"], "output": "../a.npy"}, 400, "input"),
        ("/encode", {"texts": ["a"], "output": "/tmp/a.npy"}, 400, "input"),
        ("/evaluate", {"models": ["all-MiniLM-L6-v2"], "tasks": ["/etc/passwd"]}, 400, "input"),
        ("/evaluate", {"models": ["all-MiniLM-L6-v2"], "tasks": ["pyproject.toml"]}, 400, "input"),
        ("/collections/none/search", {"query": "q"}, 404, "collection_not_found"),
        ("/collections/none/search", {"query": "q", "store": "/tmp"}, 400, "input"),
        ("/collections/none/search", {"query": "q", "store": "s3://a/b"}, 400, "input"),
    ],
)  # fmt: skip
def test_bad_input_is_explained(
    server: Any, path: str, body: dict[str, Any], status: int, kind: str
) -> None:
    answer = server.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["type"] == kind
    assert error["message"]
    assert error["request_id"]


def test_every_field_that_names_a_model_is_checked() -> None:
    for endpoint in ENDPOINTS:
        for field in request_fields(endpoint.request):
            if field.field.metavar.startswith("MODEL"):
                assert kind_of(field) == "model", f"{endpoint.path}: {field.name}"


def test_a_client_cannot_name_a_cluster(server: Any) -> None:
    for name, value in (("cluster", "127.0.0.1:6379"), ("cluster", "local"), ("worker_cores", 1)):
        answer = server.client.post("/encode", json={"texts": ["a"], name: value})
        assert answer.status_code == 422, answer.text
        assert name in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b'"a"', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN, "b": "b"}',
        b'{"a": "\\ud800", "b": "b"}', b'{"\\ud800": "a"}',
        b'{"a": "a", "b": 1' + b"0" * 6000 + b"}",
    ],
)  # fmt: skip
def test_rubbish_is_refused(server: Any, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = server.client.post("/similarity", content=content, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["error"]["message"]


def test_unknown_addresses_have_the_same_form(server: Any) -> None:
    assert server.client.get("/nothing").json()["error"]["type"] == "not_found"
    assert server.client.put("/jobs").json()["error"]["type"] == "method_not_allowed"


def test_scopes(server: Any, tmp_path: Path) -> None:
    reader, writer = server.as_key("reader"), server.as_key("writer")
    two = {"a": "one", "b": "two"}
    assert reader.post("/similarity", json=two).status_code == 200
    for path, body in [
        ("/collections", {"name": "mine"}),
        ("/encode", {"texts": ["a"], "output": "a.npy"}),
        ("/dedupe", {"files": ["file-1"]}),
    ]:
        assert reader.post(path, json=body).status_code == 403, path
    assert reader.post("/files", files={"file": ("a.txt", b"a")}).status_code == 403
    assert reader.get("/doctor").status_code == 403
    assert writer.delete("/models/all-mpnet-base-v2").status_code == 403
    assert writer.post("/download", json={"model": "all-mpnet-base-v2"}).status_code == 403


def test_only_an_administrator_downloads_a_model_by_using_it(server: Any) -> None:
    body = {"a": "one", "b": "two", "model": "all-mpnet-base-v2"}
    answer = server.as_key("writer").post("/similarity", json=body)
    assert answer.status_code == 404
    assert "administrator" in answer.json()["error"]["hint"]
    assert server.as_key("admin").post("/similarity", json=body).status_code == 502


def test_a_client_that_hangs_up_stops_its_call(server: Any) -> None:
    many = [f"{number} " + "word " * 200 for number in range(20_000)]  # minutes of work
    with pytest.raises(httpx.ReadTimeout):
        server.client.post("/encode", json={"texts": many, "compute": "float32"}, timeout=3.0)
    end = time.monotonic() + 40
    while time.monotonic() < end:
        before = cpu_seconds(server.process.pid)
        time.sleep(1)
        if cpu_seconds(server.process.pid) - before < 0.2:
            return
    pytest.fail("the server still computes")


def cpu_seconds(process: int) -> float:
    import psutil

    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def test_no_answer_has_a_path_of_the_server(server: Any) -> None:
    private = [str(Path.home()), str(Path.cwd()), str(Path(likewise.__file__).parents[2])]
    for path in ("/models", "/doctor", "/collections", "/collections/none"):
        text = server.client.get(path).text
        assert not [each for each in private if f"{each}/" in text], (path, text)
