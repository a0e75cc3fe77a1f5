"""The dialect of text-embeddings-inference."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

import likewise
from likewise import vectors
from tests.server.conftest import Served

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]
LONG = "first " * 300 + "last " * 100


def post(served: Served, path: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(served.address + path, json=body, headers=headers, timeout=60)


def matrix(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    return np.array(answer.json(), np.float32)


@pytest.mark.parametrize("path", ["/embed", "/"])
def test_embeddings_are_those_of_the_encoder_to_the_bit(
    served: Served, encoder: likewise.Encoder, path: str
) -> None:
    answer = post(served, path, {"inputs": TEXTS})
    np.testing.assert_array_equal(matrix(answer), encoder.encode(TEXTS))
    one = post(served, path, {"inputs": TEXTS[0], "normalize": False})
    np.testing.assert_array_equal(matrix(one), encoder.encode(TEXTS[:1]))
    ids = [encoder.token_ids(TEXTS[0])]
    np.testing.assert_array_equal(matrix(post(served, path, {"inputs": ids})), matrix(one))


def test_headers_of_the_computation(served: Served, encoder: likewise.Encoder) -> None:
    headers = post(served, "/embed", {"inputs": TEXTS}).headers
    assert headers["x-compute-type"] == "cpu"
    assert int(headers["x-compute-characters"]) == sum(map(len, TEXTS))
    assert int(headers["x-compute-tokens"]) == sum(c.kept for c in encoder.count_tokens(TEXTS))
    times = ("compute", "total", "tokenization", "queue", "inference")
    assert all(0 <= int(headers[f"x-{name}-time"]) < 60_000 for name in times)
    assert headers["x-likewise-truncated"] == "0"


def test_token_states_are_those_of_the_encoder(served: Served, encoder: likewise.Encoder) -> None:
    answer = post(served, "/embed_all", {"inputs": TEXTS}).json()
    for found, expected in zip(answer, encoder.token_embeddings(TEXTS), strict=True):
        np.testing.assert_allclose(np.array(found, np.float32), expected, atol=2e-5)


def test_long_texts_are_refused_or_truncated_at_either_end(
    served: Served, encoder: likewise.Encoder
) -> None:
    refused = post(served, "/embed", {"inputs": LONG})
    assert refused.status_code == 413
    assert refused.json()["error_type"] == "Validation"
    assert "402 tokens" in refused.json()["error"]
    assert post(served, "/embed_all", {"inputs": LONG}).status_code == 413
    start = post(served, "/embed", {"inputs": LONG, "truncate": True})
    np.testing.assert_array_equal(matrix(start)[0], encoder.encode(LONG[: 6 * 254]))
    end = post(served, "/embed", {"inputs": LONG, "truncate": True, "truncation_direction": "left"})
    np.testing.assert_array_equal(matrix(end)[0], encoder.encode("first " * 154 + "last " * 100))
    assert end.headers["x-likewise-tokens-seen"] == "402"
    assert end.headers["x-likewise-tokens-read"] == "256"
    assert end.headers["x-likewise-truncated"] == "1"


@pytest.mark.parametrize("path", ["/similarity", "/"])
def test_similarity(served: Served, encoder: likewise.Encoder, path: str) -> None:
    body = {"inputs": {"source_sentence": TEXTS[0], "sentences": TEXTS}}
    encoded = encoder.encode(TEXTS)
    expected = vectors.cosine(encoded[0], encoded)[0]
    np.testing.assert_allclose(matrix(post(served, path, body)), expected, atol=1e-6)


def test_reranking_by_vectors_says_so(served: Served, encoder: likewise.Encoder) -> None:
    body = {"query": "Who eats?", "texts": TEXTS, "return_text": True}
    answer = post(served, "/rerank", body)
    assert answer.headers["x-likewise-scored-by"] == "embeddings"
    expected = encoder.rank("Who eats?", TEXTS)
    ranks = answer.json()
    assert [rank["index"] for rank in ranks] == [hit.index for hit in expected]
    assert [rank["text"] for rank in ranks] == [hit.text for hit in expected]
    np.testing.assert_allclose(
        [rank["score"] for rank in ranks], [hit.score for hit in expected], atol=1e-6
    )


def test_tokens_and_back(served: Served) -> None:
    (tokens,) = post(served, "/tokenize", {"inputs": "Eating food"}).json()
    assert [token["id"] for token in tokens] == [101, 5983, 2833, 102]
    assert [token["text"] for token in tokens] == ["[CLS]", "Eating", "food", "[SEP]"]
    assert [token["special"] for token in tokens] == [True, False, False, True]
    assert [(token["start"], token["stop"]) for token in tokens[:2]] == [(None, None), (0, 6)]
    (bare,) = post(served, "/tokenize", {"inputs": "Food", "add_special_tokens": False}).json()
    assert [token["id"] for token in bare] == [2833]
    ids = [101, 5983, 2833, 102]
    assert post(served, "/decode", {"ids": ids}).json() == ["eating food"]
    whole = post(served, "/decode", {"ids": [ids], "skip_special_tokens": False}).json()
    assert whole == ["[CLS] eating food [SEP]"]


def test_info_and_health(served: Served) -> None:
    info = httpx.get(f"{served.address}/info").json()
    assert info["model_id"] == "all-MiniLM-L6-v2"
    assert info["model_type"] == {"embedding": {"pooling": "mean"}}
    assert (info["max_input_length"], info["model_dtype"]) == (256, "float32")
    assert info["version"] == likewise.__version__
    for path in ("/health", "/ping"):
        answer = httpx.get(served.address + path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "named"),
    [
        ("/embed", {"inputs": []}, 400, "Empty", "empty"),
        ("/embed", {"inputs": ["a", ""]}, 400, "Empty", "inputs[1]"),
        ("/embed", {"inputs": ["a"] * 2049}, 413, "Validation", "2,048"),
        ("/embed", {"inputs": ["a", 1]}, 422, "Validation", "neither"),
        ("/embed", {"input": "a"}, 422, "Validation", "inputs"),
        ("/embed", {"inputs": "a", "prompt_name": "query"}, 413, "Validation", "no prompt"),
        ("/embed", {"inputs": "a", "dimensions": 64}, 413, "Validation", "384"),
        ("/embed", {"inputs": "a", "model": "nobody"}, 404, "Validation", "nobody"),
        ("/embed_sparse", {"inputs": "a"}, 424, "Backend", "sparse"),
        ("/similarity", {"inputs": {"source_sentence": "a", "sentences": []}}, 400, "Empty", ""),
        ("/rerank", {"query": "a", "texts": []}, 400, "Empty", "documents"),
        ("/rerank", {"query": "", "texts": ["a"]}, 400, "Empty", "query"),
        ("/predict", {"inputs": ["a", "b"]}, 424, "Backend", "classifier"),
        ("/decode", {"ids": [99_999_999]}, 413, "Validation", "99999999"),
        ("/decode", {"ids": []}, 400, "Empty", "ids"),
        ("/tokenize", {"inputs": "a" * 200_001}, 413, "Validation", "200,000"),
        ("/", {}, 422, "Validation", "inputs"),
    ],
)
def test_errors_have_its_form(
    served: Served, path: str, body: Any, status: int, *, kind: str, named: str
) -> None:
    answer = post(served, path, body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "error_type"}
    assert answer.json()["error_type"] == kind
    assert named in answer.json()["error"]
    assert httpx.post(served.address + path, content=b"{").status_code in (422, 424)
