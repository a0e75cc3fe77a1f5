"""What operations share: models, messages, progress and cancellation."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

import likewise
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import CancellationToken, CancelledError, Message, Session
from likewise.operations.similarity import SimilarityRequest, similarity


def test_a_model_is_loaded_once_for_many_threads(model_folder: Path) -> None:
    loads: list[str] = []

    def loader(model: str, compute: str, device: str) -> likewise.Encoder:
        loads.append(model)
        return likewise.load(model, compute=compute, device=device)

    registry = ModelRegistry(loader=loader)
    found: list[likewise.Encoder] = []
    threads = [
        threading.Thread(target=lambda: found.append(registry.get(str(model_folder))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len({id(encoder) for encoder in found}) == 1


def test_who_waited_and_who_comes_later_do_not_load_at_once() -> None:
    """A failed load hands the turn on; a caller who arrives then waits for it too."""
    at_once, most, calls = 0, 0, 0
    count = threading.Lock()

    def loader(model: str, compute: str, device: str) -> likewise.Encoder:
        nonlocal at_once, most, calls
        with count:
            at_once, calls = at_once + 1, calls + 1
            most = max(most, at_once)
        time.sleep(0.02)
        with count:
            at_once -= 1
        raise likewise.LikewiseError(f"no {model}")

    registry = ModelRegistry(loader=loader)

    def get() -> None:
        for _ in range(5):
            with pytest.raises(likewise.LikewiseError):
                registry.get("gone")

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (calls, most) == (20, 1)
    assert not registry._loading


def test_the_least_recently_used_model_is_dropped(model_folder: Path) -> None:
    registry = ModelRegistry(memory_limit=1)  # less than any model has: one stays
    first = registry.get(str(model_folder), "float32")
    registry.get(str(model_folder), "bfloat16")
    assert registry.peek(str(model_folder), "float32") is None
    assert registry.peek(str(model_folder), "bfloat16") is not None
    assert first.encode("still usable").shape == (384,)
    assert registry.unload(str(model_folder), "bfloat16")
    assert not registry.unload(str(model_folder), "bfloat16")


def test_a_name_that_cannot_be_loaded_takes_no_memory() -> None:
    registry = ModelRegistry()
    for number in range(20):
        with pytest.raises(likewise.LikewiseError):
            registry.get(f"/nowhere/{number}")
    assert not registry._loading
    assert not registry._loaded


def test_messages_reach_the_caller(model_folder: Path) -> None:
    messages: list[Message] = []
    session = Session(on_message=messages.append)
    long = "word " * 400
    result = similarity(SimilarityRequest(long, "short", model=str(model_folder)), session)
    assert result.comparison.tokens_a.cut > 0
    assert [message.code for message in messages] == ["truncated"]
    assert messages[0].values == {"cut": 1, "total": 2, "limit": 256}


def test_the_result_is_plain_json(model_folder: Path, encoder: likewise.Encoder) -> None:
    request = SimilarityRequest("A man eats.", "Someone eats.", model=str(model_folder))
    plain: dict[str, Any] = similarity(request, Session()).to_dict()
    assert plain["dimension"] == encoder.dimension
    count = encoder.count_tokens(["Someone eats."])[0]
    assert plain["tokens_b"] == {"seen": count.seen, "kept": count.kept, "cut": 0, "exact": True}


def test_a_cancelled_operation_stops_at_its_next_step() -> None:
    cancel, done = CancellationToken(), []
    session = Session(cancel=cancel)

    def count_to_ten() -> None:
        with session.progress(10, title="counting") as advance:
            for number in range(10):
                done.append(number)
                if number == 2:
                    cancel.cancel()
                advance(1)

    with pytest.raises(CancelledError):
        count_to_ten()
    assert done == [0, 1, 2]
    with pytest.raises(CancelledError):
        count_to_ten()
    assert done == [0, 1, 2]


def test_a_cross_encoder_is_loaded_once(cross_encoder: Path) -> None:
    session = Session()
    first = session.scorer(str(cross_encoder))
    assert isinstance(first, likewise.Reranker)
    assert session.scorer(str(cross_encoder)) is first


def test_cross_encoders_count_towards_the_memory_limit(
    model_folder: Path, cross_encoder: Path
) -> None:
    registry = ModelRegistry(memory_limit=1)
    registry.get(str(model_folder), "float32")
    reranker = registry.get_reranker(str(cross_encoder), "float32")
    assert registry.peek(str(model_folder), "float32") is None
    assert registry.get_reranker(str(cross_encoder), "float32") is reranker
