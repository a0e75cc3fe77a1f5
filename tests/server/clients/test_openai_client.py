"""The package openai: vectors to the bit, its errors, and its retries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest

import likewise
from tests.server.clients.conftest import ALIAS, REQUESTS_PER_MINUTE, Running

MODEL = "all-MiniLM-L6-v2"
TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]


@pytest.fixture
def client(running: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=running.base_url, api_key=running.key, max_retries=0) as found:
        yield found


def matrix(answer: Any) -> np.ndarray[Any, Any]:
    assert [row.index for row in answer.data] == list(range(len(answer.data)))
    return np.array([row.embedding for row in answer.data], np.float32)


def test_vectors_and_usage(client: openai.OpenAI, encoder: likewise.Encoder) -> None:
    expected = encoder.encode(TEXTS)
    answer = client.embeddings.create(model=MODEL, input=TEXTS)  # the client asks for base64
    np.testing.assert_array_equal(matrix(answer), expected)
    tokens = sum(each.kept for each in encoder.count_tokens(TEXTS))
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (tokens, tokens)
    assert (answer.object, answer.model) == ("list", MODEL)
    floats = client.embeddings.create(model=ALIAS, input=TEXTS, encoding_format="float", user="me")
    np.testing.assert_array_equal(matrix(floats), expected)
    one = client.embeddings.create(model=f"{MODEL}#query", input=TEXTS[0])
    np.testing.assert_array_equal(matrix(one), expected[:1])


def test_token_ids(client: openai.OpenAI, encoder: likewise.Encoder) -> None:
    rows = [encoder.token_ids(text) for text in TEXTS]
    answer = client.embeddings.create(model=MODEL, input=rows)
    np.testing.assert_array_equal(matrix(answer), encoder.encode(TEXTS))


def test_dimensions(client: openai.OpenAI, encoder: likewise.Encoder) -> None:
    answer = client.embeddings.create(model=MODEL, input=TEXTS, dimensions=64)
    expected = likewise.vectors.truncate(encoder.encode(TEXTS), 64)
    np.testing.assert_array_equal(matrix(answer), expected)


def test_a_batch_of_2048_texts(client: openai.OpenAI, encoder: likewise.Encoder) -> None:
    texts = [f"Item {number}" for number in range(61)]
    order = np.arange(2048) % len(texts)
    answer = client.embeddings.create(model=MODEL, input=[texts[index] for index in order])
    np.testing.assert_array_equal(matrix(answer), encoder.encode(texts)[order])
    with pytest.raises(openai.BadRequestError, match=r"2,048"):
        client.embeddings.create(model=MODEL, input=["a"] * 2049)


def test_clients_at_once(running: Running, encoder: likewise.Encoder) -> None:
    async def ask() -> list[Any]:
        async with openai.AsyncOpenAI(base_url=running.base_url, api_key=running.key) as client:
            return await asyncio.gather(
                *(client.embeddings.create(model=MODEL, input=[text]) for text in TEXTS * 5)
            )

    found = np.concatenate([matrix(answer) for answer in asyncio.run(ask())])
    np.testing.assert_array_equal(found, encoder.encode(TEXTS * 5))


def test_models(client: openai.OpenAI) -> None:
    assert {MODEL, ALIAS} <= {model.id for model in client.models.list()}
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody")


def test_errors_are_the_clients_own(client: openai.OpenAI, running: Running) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.embeddings.create(model="nobody", input="a")
    assert missing.value.code == "model_not_found"
    assert missing.value.param == "model"
    with pytest.raises(openai.BadRequestError, match="empty"):
        client.embeddings.create(model=MODEL, input=[])
    with (
        openai.OpenAI(base_url=running.base_url, api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        stranger.embeddings.create(model=MODEL, input="a")
    assert refused.value.code == "invalid_api_key"


def test_the_client_retries_after_a_429(running: Running, encoder: likewise.Encoder) -> None:
    with openai.OpenAI(base_url=running.base_url, api_key=running.limited_key) as client:
        impatient = client.with_options(max_retries=0)
        with pytest.raises(openai.RateLimitError) as limited:
            [impatient.models.list() for _ in range(3 * REQUESTS_PER_MINUTE)]
        assert limited.value.response.headers["retry-after"] in ("1", "2", "3")
        assert limited.value.code == "rate_limit_exceeded"
        raw_answer = client.embeddings.with_raw_response.create(model=MODEL, input=TEXTS)
    assert raw_answer.retries_taken >= 1
    np.testing.assert_array_equal(matrix(raw_answer.parse()), encoder.encode(TEXTS))


def test_the_log_counts_texts_and_tokens(
    client: openai.OpenAI, running: Running, encoder: likewise.Encoder
) -> None:
    identified = {"x-request-id": "counted-by-the-test"}
    client.embeddings.create(model=MODEL, input=TEXTS, extra_headers=identified)
    line = running.logged("counted-by-the-test")
    tokens = sum(each.kept for each in encoder.count_tokens(TEXTS))
    assert (line["texts"], line["tokens"], line["key"]) == (3, tokens, "unlimited")


def test_the_server_writes_no_warning(client: openai.OpenAI, running: Running) -> None:
    client.models.list()
    assert [line for line in running.lines if "Warning" in line] == []
