"""Texts that two threads want at the same time are encoded once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import likewise
from likewise.server.batch_queue import Lane
from likewise.server.in_flight import InFlight
from likewise.server.vector_cache import CachedVector


@pytest.fixture
def lane(encoder: likewise.Encoder) -> Lane:
    return Lane(encoder)


def vectors(*texts: str) -> dict[str, CachedVector]:
    return {text: CachedVector(np.ones(3, np.float32), 3, 3) for text in texts}


def test_the_second_waits_for_the_first(lane: Lane) -> None:
    in_flight = InFlight(remembered=2)
    first = in_flight.claim(lane, ["a", "b"])
    second = in_flight.claim(lane, ["b", "c"])
    assert (first.missing, second.missing) == (["a", "b"], ["c"])
    (other,) = second.others
    threading.Timer(0.05, in_flight.finish, (lane, first, vectors("a", "b"))).start()
    assert set(other.wait()) == {"a", "b"}


def test_a_text_that_has_just_been_encoded_is_found(lane: Lane) -> None:
    in_flight = InFlight(remembered=1)
    for text in "ab":
        in_flight.finish(lane, in_flight.claim(lane, [text]), vectors(text))
    third = in_flight.claim(lane, ["a", "b"])
    assert (list(third.found), third.missing) == (["b"], ["a"])


def test_another_prompt_is_another_text(lane: Lane) -> None:
    in_flight = InFlight(remembered=1)
    in_flight.claim(lane, ["a"])
    assert in_flight.claim(Lane(lane.encoder, "query: "), ["a"]).missing == ["a"]


def test_after_an_error_the_text_is_free(lane: Lane) -> None:
    in_flight = InFlight(remembered=1)
    failed = in_flight.claim(lane, ["a"])
    waiting = in_flight.claim(lane, ["a"])
    in_flight.finish(lane, failed, {})
    assert [other.wait() for other in waiting.others] == [{}]
    assert in_flight.claim(lane, ["a"]).missing == ["a"]
