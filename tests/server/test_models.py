"""Served models: loaded on first use, pinned, loaded again when their files change."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from likewise.errors import ModelNotFoundError
from likewise.operations.registry import ModelRegistry
from likewise.server.models import ServedModels
from tests.server.conftest import serving


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may change."""
    copied = tmp_path / "copied-model"
    shutil.copytree(model_folder, copied)
    return copied


def test_a_changed_model_is_loaded_again_without_a_failed_request(folder: Path) -> None:
    statuses: list[int] = []
    vectors: list[list[float]] = []
    stop = threading.Event()

    with serving(model=str(folder), watch_seconds=0.2) as served:

        def ask() -> None:
            with httpx.Client(timeout=60) as client:
                while not stop.is_set():
                    url = f"{served.address}/v1/embeddings"
                    answer = client.post(url, json={"input": "a long text about nothing at all"})
                    statuses.append(answer.status_code)
                    vectors.append(answer.json()["data"][0]["embedding"])

        asking = threading.Thread(target=ask)
        asking.start()
        _wait_for(lambda: len(vectors) > 2)
        settings = folder / "sentence_bert_config.json"
        settings.write_text(json.dumps({"max_seq_length": 4, "do_lower_case": False}), "utf-8")
        _wait_for(lambda: vectors[-1] != vectors[0])
        settings.write_text("{", "utf-8")  # a damaged file changes nothing
        time.sleep(1)
        last = vectors[-1]
        stop.set()
        asking.join()
    assert set(statuses) == {200}
    assert vectors[-1] == last
    assert not np.allclose(vectors[0], last)


def test_a_pinned_model_is_not_dropped(model_folder: Path, folder: Path) -> None:
    registry = ModelRegistry(memory_limit=1)
    registry.pin(str(model_folder))
    registry.get(str(folder))
    assert registry.peek(str(model_folder)) is not None
    registry.get(DEFAULT_NAME)
    assert registry.peek(str(folder)) is None, "one that is not pinned is dropped"


def test_only_served_names_are_loaded(model_folder: Path, folder: Path) -> None:
    async def get(models: ServedModels, name: str) -> str:
        return (await models.get(name)).name

    every = ServedModels(ModelRegistry(), (str(folder),))
    assert asyncio.run(get(every, DEFAULT_NAME)) == DEFAULT_NAME
    assert asyncio.run(get(every, "sentence-transformers/all-MiniLM-L6-v2"))
    assert asyncio.run(get(every, str(folder)))
    with pytest.raises(ModelNotFoundError):
        asyncio.run(get(every, str(model_folder)))  # a path that nobody allowed
    only = ServedModels(ModelRegistry(), (str(folder),), only=True)
    with pytest.raises(ModelNotFoundError):
        asyncio.run(get(only, DEFAULT_NAME))
    every.close()
    only.close()


DEFAULT_NAME = "all-MiniLM-L6-v2"


def _wait_for(condition: object) -> None:
    deadline = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)
