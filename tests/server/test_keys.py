"""Scopes of keys."""

from __future__ import annotations

from types import SimpleNamespace

from likewise.server.keys import allows
from likewise.web.visitors import KEY_STATE


def test_a_key_allows_its_scopes() -> None:
    key = SimpleNamespace(name="reader", scopes=frozenset({"read"}))
    scope = {"type": "http", "state": {KEY_STATE: key}}
    assert allows(scope, "read")
    assert not allows(scope, "write")
    assert not allows(scope, "admin")


def test_without_keys_everything_is_allowed() -> None:
    assert allows({"type": "http"}, "admin")
