"""langchain-openai: texts, and the ids of OpenAI's vocabulary that it sends by default."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

import likewise
from likewise.server import token_ids
from tests.server.clients.conftest import Running
from tests.server.conftest import Served

MODEL = "all-MiniLM-L6-v2"
TEXTS = ["A man is eating food.", "食べる 🍜", "A line\nand another."]


def embeddings(running: Running, **options: Any) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(
        base_url=running.base_url, api_key=SecretStr(running.key), model=MODEL, **options
    )


def test_texts(running: Running, encoder: likewise.Encoder) -> None:
    client = embeddings(running, check_embedding_ctx_length=False)
    found = np.array(client.embed_documents(TEXTS), np.float32)
    np.testing.assert_array_equal(found, encoder.encode(TEXTS))
    query = np.array(client.embed_query(TEXTS[0]), np.float32)
    np.testing.assert_array_equal(query, encoder.encode(TEXTS[0]))


def test_ids_of_openais_vocabulary(
    running: Running,
    encoder: likewise.Encoder,
    tiktoken_files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files))
    client = embeddings(running)
    found = np.array(client.embed_documents(TEXTS), np.float32)
    np.testing.assert_array_equal(found, encoder.encode(TEXTS))


def test_ids_are_refused_where_their_vocabulary_is_missing(
    served: Served, tiktoken_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files))
    client = OpenAIEmbeddings(base_url=f"{served.address}/v1", api_key=SecretStr("-"), model=MODEL)
    client.embed_query("The client has read its vocabulary.")
    token_ids._openai.cache_clear()
    monkeypatch.setitem(sys.modules, "tiktoken", None)  # the client holds it already
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        client.embed_query(TEXTS[0])


def test_ids_of_a_text_that_is_split_within_a_character(
    running: Running,
    tiktoken_files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import tiktoken

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files))
    encoding = tiktoken.get_encoding("cl100k_base")
    begin, character = encoding.encode("A bowl of"), encoding.encode(" 麺🍜")
    assert len(character) > 4
    for length in (len(begin) + 2, len(begin) + 4):  # two parts, none of less than a character
        client = embeddings(running, embedding_ctx_length=length)
        found = client.embed_query("A bowl of 麺🍜 is eaten.")
        assert np.linalg.norm(found) == pytest.approx(1)
    with pytest.raises(openai.BadRequestError, match="cl100k_base"):
        client.client.create(model=MODEL, input=[character[-1:]])
