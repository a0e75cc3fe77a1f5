"""Requests and the interfaces that offer them."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Annotated, Any

import pytest
import typer.main

import likewise.operations
from likewise.cli.main import app
from likewise.operations.contract import DistributedRequest, Field, request_fields

SHARED = ("ModelRequest",)
"""Bases of requests, which no verb takes as they are."""

COMMANDS = {"project": "map"}
"""Commands that are not named like their verb."""

ON_A_CLUSTER = {"cluster", "dedupe", "encode", "evaluate", "index", "project"}
"""Verbs whose work can run on a cluster."""

OPTIONS = {"apply_plan": ("dedupe", "apply"), "undo_plan": ("dedupe", "undo")}
"""Verbs offered by an option of another verb's command, which takes their plan."""


def requests() -> dict[str, type]:
    """Every request, by the verb whose operation takes it."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(likewise.operations.__path__):
        loaded = importlib.import_module(f"likewise.operations.{module.name}")
        for name, value in inspect.getmembers(loaded, inspect.isfunction):
            kinds = [str(p.annotation) for p in inspect.signature(value).parameters.values()]
            public = value.__module__ == loaded.__name__ and not name.startswith("_")
            if public and kinds[1:] == ["Session"]:
                found[name] = getattr(loaded, kinds[0])
    return found


def commands() -> dict[str, Any]:
    """Every command by its name, those of groups by `group name`."""
    root: Any = typer.main.get_command(app)
    found = {}
    for name, command in root.commands.items():
        found[name] = command
        for inner, child in getattr(command, "commands", {}).items():
            found[f"{name}_{inner}"] = child
    return found


@pytest.mark.parametrize("verb", sorted(requests()))
def test_the_command_line_offers_every_field(verb: str) -> None:
    known, request = commands(), requests()[verb]
    if verb in OPTIONS:
        command, option = OPTIONS[verb]
        assert option in {parameter.name for parameter in known[command].params}
        return
    verb = COMMANDS.get(verb, verb)
    command = known.get(verb) or known.get(verb.replace("_", "-")) or known[verb.rstrip("_")]
    offered = {parameter.name: parameter for parameter in command.params}
    for field in request_fields(request):
        assert field.name in offered, f"likewise {verb} lacks {field.name}"
        assert offered[field.name].required == field.required
        assert field.field.help.endswith("."), f"{verb}.{field.name}: help is a sentence"


@pytest.mark.parametrize("verb", sorted(requests()))
def test_requests_and_results_are_frozen(verb: str) -> None:
    request = requests()[verb]
    assert request.__dataclass_params__.frozen  # type: ignore[attr-defined]
    module = importlib.import_module(request.__module__)
    result: Any = inspect.signature(getattr(module, verb), eval_str=True).return_annotation
    assert result.__dataclass_params__.frozen
    assert callable(result.to_dict)


def test_jobs_can_run_on_a_cluster() -> None:
    jobs = {verb for verb, request in requests().items() if issubclass(request, DistributedRequest)}
    assert jobs == ON_A_CLUSTER
    private = {field.name for field in request_fields(DistributedRequest) if field.field.private}
    assert private == {"cluster", "worker_cores"}


def test_a_field_without_help_is_refused() -> None:
    @dataclasses.dataclass(frozen=True)
    class Bare:
        text: str

    with pytest.raises(TypeError, match=r"Bare\.text has no help"):
        list(request_fields(Bare))


def test_required_fields_come_first() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Mixed:
        optional: Annotated[int, Field("A number.")] = 3
        text: Annotated[str, Field("A text.")]

    fields = list(request_fields(Mixed))
    assert [field.name for field in fields] == ["text", "optional"]
    assert [field.required for field in fields] == [True, False]
    assert fields[1].type is int
