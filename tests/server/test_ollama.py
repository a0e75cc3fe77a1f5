"""The dialect of Ollama."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

import likewise
from tests.server.conftest import Served

TEXTS = ["A man is eating food.", "食べる"]
NAME = "all-MiniLM-L6-v2"


def post(served: Served, path: str, body: Any) -> httpx.Response:
    return httpx.post(served.address + path, json=body, timeout=60)


@pytest.mark.parametrize("name", [NAME, f"{NAME}:latest", f"{NAME}:latest#query"])
def test_embeddings_are_those_of_the_encoder_to_the_bit(
    served: Served, encoder: likewise.Encoder, name: str
) -> None:
    extra = {"keep_alive": "5m", "options": {"num_ctx": 512}, "truncate": True}
    answer = post(served, "/api/embed", {"model": name, "input": TEXTS} | extra).json()
    expected = encoder.encode(TEXTS)
    np.testing.assert_array_equal(np.array(answer["embeddings"], np.float32), expected)
    assert answer["model"] == name
    assert answer["prompt_eval_count"] == sum(c.kept for c in encoder.count_tokens(TEXTS))
    assert answer["total_duration"] >= answer["load_duration"] > 0
    old = post(served, "/api/embeddings", {"model": name, "prompt": TEXTS[0]}).json()
    np.testing.assert_array_equal(np.array(old["embedding"], np.float32), expected[0])


def test_nothing_to_encode_loads_the_model(served: Served) -> None:
    assert post(served, "/api/embed", {"model": NAME}).json()["embeddings"] == []
    assert post(served, "/api/embeddings", {"model": NAME}).json() == {"embedding": []}


def test_models(served: Served, encoder: likewise.Encoder) -> None:
    tags = httpx.get(f"{served.address}/api/tags").json()["models"]
    tag = next(model for model in tags if model["name"] == f"{NAME}:latest")
    assert tag["details"]["family"] == "bert"
    assert tag["size"] > 80_000_000
    shown = post(served, "/api/show", {"model": NAME}).json()
    assert shown["capabilities"] == ["embedding"]
    assert shown["model_info"]["bert.context_length"] == 256
    assert shown["model_info"]["bert.embedding_length"] == 384
    assert shown["model_info"]["general.parameter_count"] == encoder.parameters
    loaded = httpx.get(f"{served.address}/api/ps").json()["models"]
    assert f"{NAME}:latest" in [model["model"] for model in loaded]
    version = httpx.get(f"{served.address}/api/version").json()
    assert version == {"version": likewise.__version__}


@pytest.mark.parametrize(
    ("path", "body", "status", "named"),
    [
        ("/api/embed", {"model": "nobody", "input": "a"}, 404, "nobody"),
        ("/api/embed", {"input": "a"}, 400, "model"),
        ("/api/embed", {"model": "", "input": "a"}, 404, "no model"),
        ("/api/embed", {"model": NAME, "input": ["a"] * 2049}, 400, "2,048"),
        ("/api/embed", {"model": NAME, "input": "w " * 400, "truncate": False}, 400, "402"),
        ("/api/embed", {"model": NAME, "input": "a", "dimensions": 64}, 400, "384"),
        ("/api/show", {}, 400, "model"),
        ("/api/embeddings", {"model": NAME, "prompt": 1}, 400, "prompt"),
    ],
)
def test_errors_have_its_form(
    served: Served, path: str, body: Any, status: int, named: str
) -> None:
    answer = post(served, path, body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert named in answer.json()["error"]
