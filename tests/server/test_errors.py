"""Errors as HTTP statuses."""

from __future__ import annotations

import inspect

import pytest

from likewise import errors
from likewise.errors import LikewiseError
from likewise.server.errors import STATUSES, status_of

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LikewiseError) and kind is not LikewiseError
]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_status(kind: type[LikewiseError]) -> None:
    assert any(base in STATUSES for base in kind.__mro__)
    assert 400 <= status_of(kind("it went wrong")) < 600


def test_the_nearest_class_decides() -> None:
    assert status_of(errors.TooLongError("too long")) == 413
    assert status_of(errors.TextError("no text")) == 400
    assert status_of(errors.CollectionNotFoundError("none")) == 404
    assert status_of(errors.RecordNotFoundError("none")) == 404
    assert status_of(errors.CollectionError("busy")) == 409
    assert status_of(LikewiseError("unknown")) == 500
