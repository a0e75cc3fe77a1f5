"""Makes the command and the Python code that reproduce a result, from its request."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likewise.operations.contract import RequestField, request_fields

WIDTH = 88
"""Longer values are written on one line each."""


@dataclass(frozen=True)
class Recipe:
    """How to reproduce a result.

    Attributes:
        command: for a POSIX shell.
        python: a complete program.
    """

    command: str
    python: str


def recipe(verb: str, request: Any) -> Recipe:
    """How to reproduce the result of a request.

    Args:
        verb: the operation, which is also the command.
        request: its request; fields that have their default values are left out.
    """
    given = [
        (field, getattr(request, field.name))
        for field in request_fields(type(request))
        if field.required or getattr(request, field.name) != field.default
    ]
    return Recipe(_command(verb, given), _python(verb, request, given))


def _command(verb: str, given: list[tuple[RequestField, Any]]) -> str:
    options = [word for field, value in given for word in _option(field, value)]
    positional = [word for field, value in given for word in _positional(field, value)]
    return shlex.join(["likewise", verb, *options, *(["--", *positional] if positional else [])])


def _positional(field: RequestField, value: Any) -> list[str]:
    if not field.field.positional:
        return []
    return [str(each) for each in value] if isinstance(value, tuple) else [str(value)]


def _option(field: RequestField, value: Any) -> Iterator[str]:
    if field.field.positional:
        return
    on, _, off = (field.field.flag or "--" + field.name.replace("_", "-")).partition("/")
    if isinstance(value, bool):
        yield on if value else off
        return
    for each in value if isinstance(value, tuple) else (value,):
        text = str(each)
        # with an equals sign, a value that begins with a dash is not parsed as an option
        yield from [f"{on}={text}"] if text.startswith("-") else [on, text]


def _python(verb: str, request: Any, given: list[tuple[RequestField, Any]]) -> str:
    kind = type(request)
    values = "".join(f"    {field.name}={_literal(value)},\n" for field, value in given)
    paths = any(isinstance(value, Path) for _, value in given)
    return (
        ("from pathlib import Path\n\n" if paths else "")
        + f"from {kind.__module__} import {kind.__name__}, {verb}\n"
        "from likewise.operations.session import Session\n\n"
        f"request = {kind.__name__}(\n{values})\n"
        f"result = {verb}(request, Session())\n"
        "print(result.to_dict())\n"
    )


def _literal(value: Any) -> str:
    """A value as Python; a path as its name, for any system."""
    if isinstance(value, Path):
        return f"Path({value.as_posix()!r})"
    if isinstance(value, tuple) and len(repr(value)) > WIDTH:
        return "(\n" + "".join(f"        {each!r},\n" for each in value) + "    )"
    return repr(value)
