"""Tools and the requests they are derived from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from likewise.errors import CollectionNotFoundError, InputError, OutputError
from likewise.hub.catalog import DEFAULT
from likewise.mcp.arguments import ToolArguments, check_model
from likewise.mcp.problems import problem_text
from likewise.mcp.tools import TOOLS, OperationTool
from likewise.operations.contract import request_fields

BY_NAME = {tool.name: tool for tool in TOOLS}


def properties(tool: OperationTool, data: Path | None) -> dict[str, Any]:
    schema = ToolArguments(tool, model=DEFAULT, data=data).json_schema()
    found: dict[str, Any] = schema["properties"]
    return found


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_field_is_offered_or_hidden_on_purpose(tool: OperationTool, tmp_path: Path) -> None:
    without, with_data = properties(tool, None), properties(tool, tmp_path)
    fields = {field.name: field for field in request_fields(tool.request)}
    named = {*tool.hidden, *tool.inputs, *tool.descriptions}
    assert named <= fields.keys(), "the table names a field that the request does not have"
    for name, field in fields.items():
        local = field.field.local or field.field.private
        assert (name in without) == (
            not local and name not in tool.hidden and name not in tool.inputs
        )
        assert (name in with_data) == (name in without or name in tool.inputs)
        if name in with_data:
            assert with_data[name]["description"].endswith(".")
            if name != "model":
                assert ("default" in with_data[name]) == (not field.required)
    assert set(with_data) <= fields.keys()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_schemas_are_valid_objects(tool: OperationTool, tmp_path: Path) -> None:
    arguments = ToolArguments(tool, model=DEFAULT, data=tmp_path).json_schema()
    for schema in (arguments, TypeAdapter(tool.output).json_schema()):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
    assert arguments["additionalProperties"] is False
    assert "notes" in TypeAdapter(tool.output).json_schema()["required"]


def test_limits_of_fields_are_in_the_schema() -> None:
    found = properties(BY_NAME["search"], None)
    assert found["top_k"]["minimum"] == 1
    assert (found["diversity"]["minimum"], found["diversity"]["maximum"]) == (0, 1)
    assert found["mode"]["enum"] == ["semantic", "keyword", "hybrid"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"query": "x"}, "name: field required"),
        ({"name": "help", "query": "x", "top_k": 0}, "top_k: "),
        ({"name": "help", "query": "x", "store": "/"}, "store: extra inputs"),
        ({"name": "help", "query": "x", "output": "/tmp/x"}, "output: extra inputs"),
        ({"name": "help", "query": "x", "mode": "psychic"}, "mode: "),
    ],
)
def test_bad_arguments_are_named(given: dict[str, Any], problem: str) -> None:
    arguments = ToolArguments(BY_NAME["search"], model=DEFAULT, data=None)
    with pytest.raises(InputError, match=problem):
        arguments.request(given)


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "link/secret.txt"])
def test_files_outside_the_data_folder_are_refused(path: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (data / "link").symlink_to(tmp_path)
    arguments = ToolArguments(BY_NAME["dedupe"], model=DEFAULT, data=data)
    for given in ({"files": [path]}, {"texts": ["a"], "against": [path]}):
        with pytest.raises(InputError, match="not below the data folder"):
            arguments.request(given)
    with pytest.raises(InputError, match="not below the data folder"):
        ToolArguments(BY_NAME["rank"], model=DEFAULT, data=data).request(
            {"query": "a", "file": path}
        )


def test_files_below_the_data_folder_become_absolute(tmp_path: Path) -> None:
    arguments = ToolArguments(BY_NAME["dedupe"], model=DEFAULT, data=tmp_path)
    request = arguments.request({"files": ["a.txt", "sub/*.csv"]})
    assert request.files == (str(tmp_path / "a.txt"), str(tmp_path / "sub/*.csv"))


def test_models_are_names_of_what_is_here(model_folder: Path) -> None:
    check_model(DEFAULT)
    for name in (str(model_folder), ".", "~", "x/../../etc", "owner/not-here"):
        with pytest.raises(InputError, match="is not on the server's machine"):
            check_model(name)
    arguments = ToolArguments(BY_NAME["rank"], model=str(model_folder), data=None)
    assert arguments.request({"query": "a"}).model == str(model_folder), "the server's own default"


def test_errors_name_no_folders_of_the_server() -> None:
    error = CollectionNotFoundError("no collection 'a' in /home/ann/data/store", hint="see ~/x/y")
    assert problem_text(error, {}) == "no collection 'a' in store\nhint: see y"
    windows = OutputError(r"cannot write C:\Users\Ann\store\a: full")
    assert problem_text(windows, {}) == "cannot write a: full"
    bucket = CollectionNotFoundError("no collection 'a' in s3://bucket/path")
    assert problem_text(bucket, {}) == "no collection 'a' in s3://bucket/path"
    theirs = InputError("'/etc/passwd' is not below the data folder")
    assert "/etc/passwd" in problem_text(theirs, {"files": ["/etc/passwd"]})


def test_unexpected_errors_are_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    text = problem_text(RuntimeError("at /home/ann/x.py"), {})
    assert text.startswith("unexpected error ")
    assert "ann" not in text
    assert "at /home/ann/x.py" in caplog.text
