"""LlamaIndex with its two clients for OpenAI's API."""

from __future__ import annotations

import numpy as np
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.openai_like import OpenAILikeEmbedding

import likewise
from tests.server.clients.conftest import ALIAS, Running

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]


def test_openai_like(running: Running, encoder: likewise.Encoder) -> None:
    client = OpenAILikeEmbedding(
        api_base=running.base_url, api_key=running.key, model_name="all-MiniLM-L6-v2"
    )
    expected = encoder.encode(TEXTS)
    found = np.array(client.get_text_embedding_batch(TEXTS), np.float32)
    np.testing.assert_array_equal(found, expected)
    query = np.array(client.get_query_embedding(TEXTS[0]), np.float32)
    np.testing.assert_array_equal(query, expected[0])


def test_openai_under_an_alias(running: Running, encoder: likewise.Encoder) -> None:
    client = OpenAIEmbedding(api_base=running.base_url, api_key=running.key, model=ALIAS)
    found = np.array(client.get_text_embedding_batch(TEXTS), np.float32)
    np.testing.assert_array_equal(found, encoder.encode(TEXTS))
