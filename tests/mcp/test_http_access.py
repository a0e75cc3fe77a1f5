"""What the HTTP transport refuses: other origins and hosts, bodies that are too large."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.mcp.conftest import INITIALIZE, Place, running


@pytest.fixture(scope="module")
def address(place: Place) -> Iterator[str]:
    with running(place) as found:
        yield found


ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:7860"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
    ],
)
def test_other_origins_and_hosts_are_refused(
    headers: dict[str, str], status: int, address: str
) -> None:
    answer = httpx.post(address, json=INITIALIZE, headers=ACCEPT | headers)
    assert answer.status_code == status


def test_large_bodies_are_refused(address: str) -> None:
    body = INITIALIZE | {"padding": "x" * (5 * 2**20)}
    assert httpx.post(address, json=body, headers=ACCEPT).status_code == 413
