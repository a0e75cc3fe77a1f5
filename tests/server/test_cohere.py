"""The dialects of Cohere and Jina."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import numpy as np
import pytest

import likewise
from likewise import vectors
from tests.server.conftest import Served

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]
NAME = "all-MiniLM-L6-v2"


def post(served: Served, path: str, body: Any) -> httpx.Response:
    return httpx.post(served.address + path, json=body, timeout=60)


@pytest.mark.parametrize("version", ["1", "2"])
def test_reranking(served: Served, encoder: likewise.Encoder, version: str) -> None:
    documents: list[Any] = [TEXTS[0], {"text": TEXTS[1]}, {"text": TEXTS[2], "id": 3}]
    body = {"model": NAME, "query": "a river", "documents": documents, "top_n": 2}
    answer = post(served, f"/v{version}/rerank", body | {"return_documents": True})
    assert answer.headers["x-likewise-scored-by"] == "embeddings"
    found = answer.json()
    expected = encoder.rank("a river", TEXTS, top_k=2)
    assert [row["index"] for row in found["results"]] == [hit.index for hit in expected]
    np.testing.assert_allclose(
        [row["relevance_score"] for row in found["results"]],
        [hit.score for hit in expected],
        atol=1e-6,
    )
    assert found["results"][0]["document"] == {"text": TEXTS[2], "id": 3}
    assert found["meta"]["api_version"] == {"version": version}
    assert found["meta"]["billed_units"] == {"search_units": 1}
    assert found["usage"]["total_tokens"] > 0  # of Jina
    bare = post(served, f"/v{version}/rerank", body).json()
    assert set(bare["results"][0]) == {"index", "relevance_score"}


def test_fields_and_beginnings_of_documents(served: Served, encoder: likewise.Encoder) -> None:
    documents = [{"title": "River", "text": "mud"}, {"title": "Lunch", "text": "food"}]
    body = {"query": "lunch", "documents": documents, "rank_fields": ["title"]}
    assert post(served, "/v1/rerank", body).json()["results"][0]["index"] == 1
    long = {"query": "lunch", "documents": ["a river of mud " * 20], "max_tokens_per_doc": 2}
    (row,) = post(served, "/v2/rerank", long).json()["results"]
    assert row["relevance_score"] == pytest.approx(
        float(encoder.similarity("lunch", "a river")[0, 0]), abs=1e-6
    )


def test_every_type_of_embedding(served: Served, encoder: likewise.Encoder) -> None:
    types = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    body = {"model": NAME, "texts": TEXTS, "input_type": "search_document"}
    answer = post(served, "/v2/embed", body | {"embedding_types": types}).json()
    found, expected = answer["embeddings"], encoder.encode(TEXTS)
    assert (answer["texts"], answer["response_type"]) == (TEXTS, "embeddings_by_type")
    np.testing.assert_array_equal(np.array(found["float"], np.float32), expected)
    rows = [np.frombuffer(base64.b64decode(row), "<f4") for row in found["base64"]]
    np.testing.assert_array_equal(np.array(rows), expected)
    for name in ("binary", "ubinary"):
        np.testing.assert_array_equal(found[name], vectors.quantize(expected, name))
    codes = np.array(found["int8"])
    np.testing.assert_array_equal(np.array(found["uint8"]) - 128, codes)
    assert np.abs(codes).max() <= 127
    between = vectors.cosine(codes, codes) - vectors.cosine(expected, expected)
    assert np.abs(between).max() < 0.005
    alone = post(served, "/v2/embed", {"texts": TEXTS[:1], "embedding_types": ["int8"]}).json()
    np.testing.assert_array_equal(alone["embeddings"]["int8"], codes[:1])


def test_the_first_version_answers_with_plain_vectors(
    served: Served, encoder: likewise.Encoder
) -> None:
    answer = post(served, "/v1/embed", {"texts": TEXTS}).json()
    assert answer["response_type"] == "embeddings_floats"
    np.testing.assert_array_equal(np.array(answer["embeddings"], np.float32), encoder.encode(TEXTS))


def test_texts_in_inputs_and_truncation(served: Served, encoder: likewise.Encoder) -> None:
    content = [{"type": "text", "text": TEXTS[0]}]
    answer = post(served, "/v2/embed", {"inputs": [{"content": content}]}).json()
    np.testing.assert_array_equal(
        np.array(answer["embeddings"]["float"], np.float32), encoder.encode(TEXTS[:1])
    )
    long = "first " * 300 + "last " * 100
    assert post(served, "/v2/embed", {"texts": [long], "truncate": "NONE"}).status_code == 400
    end = post(served, "/v2/embed", {"texts": [long], "truncate": "START"})
    assert end.headers["x-likewise-truncated"] == "1"
    np.testing.assert_array_equal(
        np.array(end.json()["embeddings"]["float"], np.float32)[0],
        encoder.encode("first " * 154 + "last " * 100),
    )


@pytest.mark.parametrize(
    ("path", "body", "status", "named"),
    [
        ("/v2/rerank", {"query": "a", "documents": []}, 400, "documents"),
        ("/v2/rerank", {"query": "", "documents": ["a"]}, 400, "query"),
        ("/v1/rerank", {"query": "a", "documents": [{"title": "a"}]}, 400, "documents[0]"),
        ("/v1/rerank", {"query": "a", "documents": ["a"], "model": "nobody"}, 404, "nobody"),
        ("/v1/rerank", {"query": "a", "documents": ["a"] * 10_001}, 400, "10,000"),
        ("/v2/embed", {"texts": []}, 400, "empty"),
        ("/v2/embed", {}, 400, "no texts"),
        ("/v2/embed", {"images": ["a"]}, 400, "images"),
        ("/v2/embed", {"texts": ["a"], "output_dimension": 64}, 400, "384"),
        ("/v2/embed", {"texts": ["a"], "embedding_types": ["int4"]}, 400, "int4"),
        ("/v2/embed", {"texts": 1}, 400, "texts"),
    ],
)
def test_errors_have_its_form(
    served: Served, path: str, body: Any, status: int, named: str
) -> None:
    answer = post(served, path, body)
    assert answer.status_code == status, answer.text
    assert named in answer.json()["message"]
    assert answer.json()["detail"] == answer.json()["message"]  # of Jina


def test_embeddings_of_jina(served: Served, encoder: likewise.Encoder) -> None:
    body = {"model": NAME, "input": [{"text": TEXTS[0]}], "task": "retrieval.query"}
    expected = encoder.encode(TEXTS[:1])
    plain = post(served, "/v1/embeddings", body | {"normalized": True}).json()
    np.testing.assert_array_equal(np.float32(plain["data"][0]["embedding"]), expected[0])
    kinds = {"embedding_type": ["float", "ubinary"]}
    several = post(served, "/v1/embeddings", body | kinds).json()["data"][0]["embedding"]
    np.testing.assert_array_equal(np.float32(several["float"]), expected[0])
    np.testing.assert_array_equal(several["ubinary"], vectors.quantize(expected, "ubinary")[0])
    one = post(served, "/v1/embeddings", body | {"embedding_type": "base64"}).json()
    row = np.frombuffer(base64.b64decode(one["data"][0]["embedding"]), "<f4")
    np.testing.assert_array_equal(row, expected[0])
    late = post(served, "/v1/embeddings", body | {"late_chunking": True})
    assert late.status_code == 400
    assert "late_chunking" in late.json()["detail"]
    image = post(served, "/v1/embeddings", body | {"input": [{"image": "x"}]})
    assert "only texts" in image.json()["detail"]
    refused = post(served, "/v1/embeddings", {"input": "word " * 400, "truncate": False})
    assert refused.status_code in (400, 413)
