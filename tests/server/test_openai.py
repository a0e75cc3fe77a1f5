"""OpenAI's dialect: requests as its clients send them, and answers as they expect them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import numpy as np
import pytest

import likewise
from tests.server.conftest import Served

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]


def post(served: Served, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"{served.address}/v1/embeddings", json=body, headers=headers, timeout=60)


def vectors(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    return np.array([row["embedding"] for row in answer.json()["data"]], np.float32)


def test_vectors_are_those_of_the_encoder_to_the_bit(
    served: Served, encoder: likewise.Encoder
) -> None:
    expected = encoder.encode(TEXTS)
    np.testing.assert_array_equal(vectors(post(served, {"input": TEXTS})), expected)
    answer = post(served, {"input": TEXTS, "encoding_format": "base64", "user": "me"}).json()
    rows = [np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in answer["data"]]
    np.testing.assert_array_equal(np.array(rows), expected)


def test_fields_that_are_null_have_their_default(served: Served, encoder: likewise.Encoder) -> None:
    names = ("encoding_format", "dimensions", "user", "model")
    answer = post(served, {"input": TEXTS, **dict.fromkeys(names)})
    np.testing.assert_array_equal(vectors(answer), encoder.encode(TEXTS))


def test_answer_has_every_field_of_openai(served: Served, encoder: likewise.Encoder) -> None:
    answer = post(served, {"input": TEXTS[0], "model": "all-MiniLM-L6-v2"}).json()
    tokens = encoder.count_tokens(TEXTS[0])[0].kept
    assert answer["object"] == "list"
    assert answer["model"] == "all-MiniLM-L6-v2"
    assert answer["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    assert [(row["object"], row["index"]) for row in answer["data"]] == [("embedding", 0)]


def test_ids_of_the_models_own_vocabulary(served: Served, encoder: likewise.Encoder) -> None:
    rows = [encoder.token_ids(text) for text in (TEXTS[0], TEXTS[2])]
    expected = encoder.encode([TEXTS[0], TEXTS[2]])
    np.testing.assert_array_equal(vectors(post(served, {"input": rows})), expected)
    np.testing.assert_array_equal(vectors(post(served, {"input": rows[0]})), expected[:1])


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({"input": "a", "model": "nobody"}, 404, "model_not_found", "nobody"),
        ({"input": "a", "model": "all-MiniLM-L6-v2#answer"}, 400, None, "answer"),
        ({"input": []}, 400, None, "empty"),
        ({"input": ""}, 400, None, "empty"),
        ({"input": ["a"] * 2049}, 400, None, "2,048"),
        ({"input": ["a", 1]}, 400, None, "neither"),
        ({"input": [[]]}, 400, None, "neither"),
        ({"input": "a", "dimensions": 64}, 400, None, "384"),
        ({"input": "a", "dimensions": 0}, 400, None, "dimensions"),
        ({"input": "a", "encoding_format": "hex"}, 400, None, "encoding_format"),
        ({"texts": "a"}, 400, None, "input"),
        ({"input": [[101, 99999999, 102]]}, 400, None, "99999999"),
    ],
)
def test_errors_have_openais_form(
    served: Served, body: Any, status: int, code: str | None, named: str
) -> None:
    answer = post(served, body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["code"] == code
    assert named in error["message"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"input":"\\ud800"}', b"[1]"])
def test_rubbish_is_refused(served: Served, content: bytes) -> None:
    answer = httpx.post(f"{served.address}/v1/embeddings", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_truncation_is_reported_and_chosen(served: Served, encoder: likewise.Encoder) -> None:
    long = "word " * 400
    cut = post(served, {"input": ["short", long]})
    assert cut.headers["x-likewise-truncated"] == "1"
    assert cut.headers["x-likewise-token-limit"] == "256"
    assert cut.headers["x-likewise-tokens-seen"] == "405"
    assert cut.headers["x-likewise-tokens-read"] == "259"
    refused = post(served, {"input": ["short", long]}, **{"x-likewise-truncation": "error"})
    assert refused.status_code == 400
    assert "text 1 has 402 tokens" in refused.json()["error"]["message"]
    whole = post(served, {"input": [long]}, **{"x-likewise-truncation": "chunk"})
    assert whole.headers["x-likewise-truncated"] == "0"
    np.testing.assert_array_equal(vectors(whole), encoder.encode([long], truncation="chunk"))
    unknown = post(served, {"input": "a"}, **{"x-likewise-truncation": "maybe"})
    assert unknown.status_code == 400


def test_models_are_listed(served: Served) -> None:
    answer = httpx.get(f"{served.address}/v1/models").json()
    assert "all-MiniLM-L6-v2" in [model["id"] for model in answer["data"]]


def test_other_methods_are_refused(served: Served) -> None:
    answer = httpx.put(f"{served.address}/v1/embeddings", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
