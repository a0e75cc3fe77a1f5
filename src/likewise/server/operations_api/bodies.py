"""Requests as JSON: models for validation and the OpenAPI page, and the way back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as BodyField

from likewise.operations.contract import Field, RequestField
from likewise.server.operations_api.endpoints import Endpoint
from likewise.server.operations_api.resolver import Resolver, help_of, kind_of

LARGEST = 2**31 - 1
"""Of whole numbers without a maximum of their own."""


class Body(BaseModel):
    """The body of a request: unknown fields and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def body_model(endpoint: Endpoint) -> type[Body] | None:
    """The body of an endpoint's requests; None where they have none."""
    if endpoint.method != "POST" or not endpoint.others:
        return None
    fields: dict[str, Any] = {
        field.name: (
            json_type(field.type, field.field),
            BodyField(_default(field), description=help_of(field)),
        )
        for field in endpoint.others
    }
    made: type[Body] = create_model(
        endpoint.request.__name__, __base__=Body, __doc__=endpoint.request.__doc__, **fields
    )
    return made


def json_type(kind: Any, field: Field) -> Any:
    """The type of a field's JSON, with its limits."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Path:
        return str
    if kind in (int, float):
        return _bounded(kind, field)
    if dataclasses.is_dataclass(kind):
        return _item_model(kind)
    if origin is tuple:
        return list[json_type(parts[0], field)]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(json_type(part, field) for part in parts)]  # noqa: UP007
    return kind


def _bounded(kind: type, field: Field) -> Any:
    """A number within its limits."""
    least, most = field.minimum, field.maximum
    if kind is int:
        least = -LARGEST if least is None else int(least)
        most = LARGEST if most is None else int(most)
    return Annotated[kind, BodyField(ge=least, le=most)]


def default_of(field: RequestField) -> Any:
    """A field's default as JSON."""
    if isinstance(field.default, tuple):
        return list(field.default)
    return str(field.default) if isinstance(field.default, Path) else field.default


def make_request(endpoint: Endpoint, values: Mapping[str, Any], resolver: Resolver) -> Any:
    """The operation's request.

    Args:
        endpoint: the endpoint.
        values: its fields as JSON, all of them.
        resolver: what clients name, as paths.

    Raises:
        InputError: a file or folder that the client may not name.
    """
    return endpoint.request(
        **{field.name: _value(field, values[field.name], resolver) for field in endpoint.fields}
    )


def _default(field: RequestField) -> Any:
    return ... if field.required else default_of(field)


def _value(field: RequestField, given: Any, resolver: Resolver) -> Any:
    if given is None:
        return None
    if isinstance(given, list):
        return tuple(_one(field, each, resolver) for each in given)
    return _one(field, given, resolver)


def _one(field: RequestField, given: Any, resolver: Resolver) -> Any:
    kind = kind_of(field)
    if isinstance(given, Mapping):
        return _item_class(field.type)(**given)
    if kind == "input":
        path = resolver.input(given)
        return path if Path in (field.type, *get_args(field.type)) else str(path)
    if kind == "output":
        return resolver.output(given) if resolver.output_folder else Path(given)
    if kind == "store":
        return resolver.store(given)
    return resolver.task(given) if kind == "task" else given


def _item_model(kind: Any) -> type[Body]:
    """The model of a dataclass of plain values."""
    hints = get_type_hints(kind)
    fields: dict[str, Any] = {
        field.name: (hints[field.name], _item_default(field)) for field in dataclasses.fields(kind)
    }
    made: type[Body] = create_model(kind.__name__, __base__=Body, **fields)
    return made


def _item_default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return BodyField(default_factory=field.default_factory)
    return ... if field.default is dataclasses.MISSING else field.default


def _item_class(kind: Any) -> Any:
    """The dataclass of a field's items."""
    if dataclasses.is_dataclass(kind):
        return kind
    return next((found for part in get_args(kind) if (found := _item_class(part))), None)
