"""The dialects as their own clients use them."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import likewise
from tests.conftest import skip_unless_ci

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]
NAME = "all-MiniLM-L6-v2"


def missing(name: str) -> None:
    skip_unless_ci(f"{name} is not installed (pip install likewise[test])")


def test_cohere(server_address: str, encoder: likewise.Encoder) -> None:
    try:
        import cohere
    except ImportError:
        missing("cohere")
    expected = encoder.encode(TEXTS)
    order = [hit.index for hit in encoder.rank("a river", TEXTS)]
    second = cohere.ClientV2("any", base_url=server_address)
    ranked = second.rerank(model=NAME, query="a river", documents=TEXTS)
    assert [row.index for row in ranked.results] == order
    embedded = second.embed(
        model=NAME, texts=TEXTS, input_type="search_document", embedding_types=["float", "int8"]
    )
    np.testing.assert_array_equal(np.array(embedded.embeddings.float_, np.float32), expected)
    assert len(embedded.embeddings.int8 or ()) == len(TEXTS)
    first = cohere.Client("any", base_url=server_address)
    found = first.rerank(model=NAME, query="a river", documents=TEXTS, return_documents=True)
    document = found.results[0].document
    assert document is not None
    assert document.text == TEXTS[2]
    plain = first.embed(model=NAME, texts=TEXTS, input_type="search_document")
    np.testing.assert_array_equal(np.array(plain.embeddings, np.float32), expected)
    with pytest.raises(cohere.NotFoundError, match="nobody"):
        second.rerank(model="nobody", query="a", documents=["b"])


def test_ollama(server_address: str, encoder: likewise.Encoder) -> None:
    try:
        import ollama
    except ImportError:
        missing("ollama")
    client = ollama.Client(server_address)
    expected = encoder.encode(TEXTS)
    found = client.embed(NAME, TEXTS, truncate=True, keep_alive="1m")
    np.testing.assert_array_equal(np.array(found.embeddings, np.float32), expected)
    old = client.embeddings(NAME, TEXTS[0])
    np.testing.assert_array_equal(np.array(old.embedding, np.float32), expected[0])
    assert f"{NAME}:latest" in [model.model for model in client.list().models]
    assert client.show(f"{NAME}:latest").capabilities == ["embedding"]
    assert [model.model for model in client.ps().models]
    with pytest.raises(ollama.ResponseError, match="nobody") as refused:
        client.embed("nobody", "a")
    assert refused.value.status_code == 404


def test_huggingface_hub(server_address: str, encoder: likewise.Encoder) -> None:
    from huggingface_hub import InferenceClient
    from huggingface_hub.errors import HfHubHTTPError

    client = InferenceClient(server_address, token="any")
    expected = encoder.encode(TEXTS)
    found = client.feature_extraction(TEXTS[0], normalize=True, truncate=True)
    np.testing.assert_array_equal(found, expected[:1])
    scores = client.sentence_similarity(TEXTS[0], other_sentences=TEXTS[1:])
    np.testing.assert_allclose(scores, encoder.similarity(TEXTS[0], TEXTS[1:])[0], atol=1e-6)
    with pytest.raises(HfHubHTTPError, match="no prompt"):
        client.feature_extraction(TEXTS[0], prompt_name="query")


def test_llama_index(server_address: str, encoder: likewise.Encoder) -> None:
    try:
        from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
    except ImportError:
        missing("llama-index-embeddings-text-embeddings-inference")
    client = TextEmbeddingsInference(model_name=NAME, base_url=server_address, timeout=60)
    expected = encoder.encode(TEXTS)
    found = client.get_text_embedding_batch(TEXTS)
    np.testing.assert_array_equal(np.array(found, np.float32), expected)
    query = asyncio.run(client.aget_query_embedding(TEXTS[0]))
    np.testing.assert_array_equal(np.array(query, np.float32), expected[0])
