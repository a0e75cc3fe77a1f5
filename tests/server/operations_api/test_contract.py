"""The API offers every field of every request."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from likewise.operations.contract import RequestField, request_fields
from likewise.server.operations_api import ApiSettings, create_operations_api
from likewise.server.operations_api.endpoints import ENDPOINTS, Endpoint
from tests.operations.test_contract import requests

ROWS = {endpoint.name: endpoint for endpoint in ENDPOINTS}


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    state = tmp_path_factory.mktemp("state")
    app = create_operations_api(settings=ApiSettings(state=state))
    app.state.operations.close()
    return app.openapi()


def offered(openapi: dict[str, Any], endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """The fields of an endpoint in the OpenAPI document, each with `schema` and `required`."""
    path = "/api/v1" + endpoint.path.replace(":path", "")
    found = openapi["paths"][path][endpoint.method.lower()]
    fields = {each["name"]: each for each in found.get("parameters", ())}
    body = found.get("requestBody")
    if body:
        schema = body["content"]["application/json"]["schema"]
        schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for name, kind in schema["properties"].items():
            required = name in schema.get("required", ())
            fields[name] = {
                "schema": kind,
                "required": required,
                "description": kind["description"],
            }
    return fields


def choices(kind: Any) -> tuple[str, ...]:
    """The values of a type of choices, also within another type."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((found for part in get_args(kind) if (found := choices(part))), ())


def part(schema: dict[str, Any], key: str) -> Any:
    """A keyword of a schema, also within its alternatives and items."""
    if key in schema:
        return schema[key]
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]
    return next((found for each in inner if (found := part(each, key)) is not None), None)


@pytest.mark.parametrize("verb", sorted(requests()))
def test_every_operation_is_an_endpoint(verb: str) -> None:
    assert ROWS[verb].request is requests()[verb]


@pytest.mark.parametrize("verb", sorted(ROWS))
def test_every_field_is_offered(verb: str, openapi: dict[str, Any]) -> None:
    endpoint = ROWS[verb]
    fields = offered(openapi, endpoint)
    public = [field for field in request_fields(endpoint.request) if not field.field.private]
    assert set(fields) == {field.name for field in public}
    for field in public:
        check(field, fields[field.name], endpoint)


def check(field: RequestField, found: dict[str, Any], endpoint: Endpoint) -> None:
    assert found["description"].startswith(field.field.help)
    assert found.get("required", False) == field.required
    schema = found["schema"]
    if listed := choices(field.type):
        assert tuple(part(schema, "enum") or (part(schema, "const"),)) == listed
    if field.field.minimum is not None:
        assert part(schema, "minimum") == field.field.minimum
    if field.field.maximum is not None:
        assert part(schema, "maximum") == field.field.maximum
    if not field.required and field.default is not None:
        expected = endpoint.defaults.get(field.name, field.default)
        expected = str(expected) if isinstance(expected, Path) else expected
        assert schema["default"] == (list(expected) if isinstance(expected, tuple) else expected)
    if field.field.local and field.name != "model":
        assert "Over HTTP" in found["description"]


def test_jobs_need_more_than_the_scope_read() -> None:
    assert all(each.scope == "read" for each in ENDPOINTS if each.method == "GET"
               and each.name != "doctor")  # fmt: skip
    assert ROWS["collections_rm"].scope == ROWS["index"].scope == "write"
    assert ROWS["models_rm"].scope == ROWS["download"].scope == "admin"


def test_calls_that_touch_files_are_jobs() -> None:
    encode = ROWS["encode"]
    given = {field.name: None for field in encode.fields}
    assert not encode.is_job(given | {"texts": ["a"]})
    assert encode.is_job(given | {"file": "file-1"})
    example = ROWS["example"]
    given = {field.name: field.default for field in example.fields} | {"folder": "results"}
    assert not example.is_job(given)
    assert example.is_job(given | {"save": True})
    add = ROWS["collections_add"]
    assert add.is_job({"records": ["a"] * 1001})
    assert not add.is_job({"records": ["a"] * 1000})
