"""Options that clients of any dialect give in headers, where the dialect has no place for them.

X-Likewise-Truncation: cut | error | chunk       texts over the model's limit
X-Likewise-Priority: interactive | bulk
X-Likewise-Role: query | document                where the model's name has no #role
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from likewise.server.batch_queue import Priority
from likewise.server.embedding import EmbedOptions, Policy, Role
from likewise.server.http import BadRequestError, Request


def header_options(request: Request, options: EmbedOptions) -> EmbedOptions:
    """The options of a request, changed by its headers.

    Raises:
        BadRequestError: a header has an unknown value.
    """
    if truncation := _choice(request, b"x-likewise-truncation", Policy):
        options = replace(options, truncation=truncation)
    if priority := _choice(request, b"x-likewise-priority", Priority):
        options = replace(options, priority=priority)
    return options


def header_role(request: Request) -> Role | None:
    """The role of a request's texts, from its header.

    Raises:
        BadRequestError: an unknown role.
    """
    role: Role | None = _choice(request, b"x-likewise-role", Role)
    return role


def _choice(request: Request, name: bytes, choices: Any) -> Any:
    value = request.header(name)
    if value is not None and value not in get_args(choices):
        raise BadRequestError(
            f"the header {name.decode()} is {value!r}",
            hint="one of " + ", ".join(get_args(choices)),
        )
    return value
