"""Haystack: its embedders of a text and of documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import likewise
from tests.server.clients.conftest import Running

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]


@pytest.fixture
def options(running: Running, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")
    from haystack.utils import Secret

    key = Secret.from_token(running.key)
    return {"api_base_url": running.base_url, "api_key": key, "model": "all-MiniLM-L6-v2"}


def test_text(options: dict[str, Any], encoder: likewise.Encoder) -> None:
    from haystack.components.embedders import OpenAITextEmbedder

    answer = OpenAITextEmbedder(**options).run(TEXTS[0])
    found = np.array(answer["embedding"], np.float32)
    np.testing.assert_array_equal(found, encoder.encode(TEXTS[0]))


def test_documents(options: dict[str, Any], encoder: likewise.Encoder) -> None:
    from haystack import Document
    from haystack.components.embedders import OpenAIDocumentEmbedder

    documents = [Document(content=text) for text in TEXTS]
    embedder = OpenAIDocumentEmbedder(**options, progress_bar=False)
    answer = embedder.run(documents)
    found = np.array([each.embedding for each in answer["documents"]], np.float32)
    np.testing.assert_array_equal(found, encoder.encode(TEXTS))
