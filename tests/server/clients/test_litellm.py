"""LiteLLM: both encodings of vectors, and fewer dimensions."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from tests.server.clients.conftest import ALIAS, Running

TEXTS = ["A man is eating food.", "食べる", "The bank of the river was muddy."]


@pytest.fixture(scope="module")
def litellm(tiktoken_files: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(tiktoken_files))  # which it sets, too
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it downloads prices
        import litellm
    litellm.telemetry = False
    return litellm


@pytest.mark.parametrize("encoding_format", [None, "float", "base64"])
@pytest.mark.parametrize("dimensions", [None, 64])
def test_vectors(
    litellm: Any,
    running: Running,
    encoder: likewise.Encoder,
    encoding_format: str | None,
    dimensions: int | None,
) -> None:
    options = {"encoding_format": encoding_format, "dimensions": dimensions}
    answer = litellm.embedding(
        model="openai/all-MiniLM-L6-v2", input=TEXTS, api_base=running.base_url,
        api_key=running.key, allowed_openai_params=["dimensions", "encoding_format"],
        **{name: value for name, value in options.items() if value},
    )  # fmt: skip
    expected = encoder.encode(TEXTS)
    if dimensions:
        expected = likewise.vectors.truncate(expected, dimensions)
    rows = [row["embedding"] for row in answer.data]
    if encoding_format == "base64":
        found = np.array([np.frombuffer(base64.b64decode(row), "<f4") for row in rows])
    else:
        found = np.array(rows, np.float32)
    np.testing.assert_array_equal(found, expected)
    assert answer.usage.prompt_tokens == sum(each.kept for each in encoder.count_tokens(TEXTS))


def test_dimensions_without_permission(
    litellm: Any, running: Running, encoder: likewise.Encoder
) -> None:
    request = {"input": TEXTS, "api_base": running.base_url, "api_key": running.key}
    answer = litellm.embedding(model=f"openai/{ALIAS}", dimensions=64, **request)
    found = np.array([row["embedding"] for row in answer.data], np.float32)
    expected = likewise.vectors.truncate(encoder.encode(TEXTS), 64)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(litellm.UnsupportedParamsError, match="dimensions"):
        litellm.embedding(model="openai/all-MiniLM-L6-v2", dimensions=64, **request)


def test_errors(litellm: Any, running: Running) -> None:
    request = {"input": ["a"], "api_base": running.base_url, "max_retries": 0}
    with pytest.raises(litellm.NotFoundError):
        litellm.embedding(model="openai/nobody", api_key=running.key, **request)
    with pytest.raises(litellm.AuthenticationError):
        litellm.embedding(model="openai/all-MiniLM-L6-v2", api_key="wrong", **request)
