"""Texts that two threads want at the same time are encoded once."""

from __future__ import annotations

import threading

import numpy as np

from likewise.server.in_flight import InFlight
from likewise.server.vector_cache import CachedVector

LANE = (1, "", "cut")


def vectors(*texts: str) -> dict[str, CachedVector]:
    return {text: CachedVector(np.ones(3, np.float32), 3, 3) for text in texts}


def test_the_second_waits_for_the_first() -> None:
    in_flight = InFlight(remembered=2)
    first = in_flight.claim(LANE, ["a", "b"])
    second = in_flight.claim(LANE, ["b", "c"])
    assert (first.missing, second.missing) == (["a", "b"], ["c"])
    (other,) = second.others
    threading.Timer(0.05, in_flight.finish, (LANE, first, vectors("a", "b"))).start()
    assert set(other.wait()) == {"a", "b"}


def test_a_text_that_has_just_been_encoded_is_found() -> None:
    in_flight = InFlight(remembered=1)
    for text in "ab":
        in_flight.finish(LANE, in_flight.claim(LANE, [text]), vectors(text))
    third = in_flight.claim(LANE, ["a", "b"])
    assert (list(third.found), third.missing) == (["b"], ["a"])


def test_another_prompt_is_another_text() -> None:
    in_flight = InFlight(remembered=1)
    in_flight.claim(LANE, ["a"])
    assert in_flight.claim((1, "query: ", "cut"), ["a"]).missing == ["a"]


def test_after_an_error_the_text_is_free() -> None:
    in_flight = InFlight(remembered=1)
    failed = in_flight.claim(LANE, ["a"])
    waiting = in_flight.claim(LANE, ["a"])
    in_flight.finish(LANE, failed, {})
    assert [other.wait() for other in waiting.others] == [{}]
    assert in_flight.claim(LANE, ["a"]).missing == ["a"]
