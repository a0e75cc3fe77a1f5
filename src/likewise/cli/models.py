"""`likewise models`, `likewise models add` and `likewise models rm`."""

from __future__ import annotations

import typer

from likewise.checkpoint.inventory import Installed, removable
from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.hub.catalog import Entry
from likewise.operations.models import (
    ModelsAddRequest,
    ModelsAddResult,
    ModelsRemoveRequest,
    ModelsRemoveResult,
    ModelsRequest,
    ModelsResult,
    models_add,
    models_rm,
)
from likewise.operations.models import models as operation

models_app = typer.Typer(name="models", add_completion=False, rich_markup_mode=None)

HEADER = ("name", "dimensions", "max tokens", "languages", "licence", "size", "where")


@models_app.callback(invoke_without_command=True)
@command(ModelsRequest, operation)
def models(result: ModelsResult, _: ModelsRequest) -> None:
    """List the models on this machine, and those known by name that are not here yet.

    Any folder or hub id of a model of the same kind works too.

    \b
    Example:
      likewise models --json
    """
    rows = [_row(found) for found in result.installed]
    say_table(HEADER, rows + [_row_of_entry(entry) for entry in result.available])


@models_app.command("add")
@command(ModelsAddRequest, models_add)
def add_model(result: ModelsAddResult, _: ModelsAddRequest) -> None:
    """Copy a model to where its name finds it, from any folder and in the web app.

    LIKEWISE_MODELS, or the platform's data folder, is where it goes.

    \b
    Example:
      likewise models add tuned support-questions
      likewise collections migrate notes --to support-questions
    """
    say(f"{result.model.name}: {result.model.folder}")


def _question(request: ModelsRemoveRequest) -> str:
    found = removable(request.model)
    return f"delete {found.name} ({_megabytes(found.size)})?"


@models_app.command("rm")
@command(ModelsRemoveRequest, models_rm, confirm=_question)
def remove_model(result: ModelsRemoveResult, _: ModelsRemoveRequest) -> None:
    """Delete a model of the cache, or one that was added. Other folders are never touched.

    \b
    Example:
      likewise models rm gte-small --yes
    """
    say(f"{result.name}: {_megabytes(result.freed)} freed")


def _row(found: Installed) -> list[str]:
    languages = found.entry.languages if found.entry else ""
    where = f"{found.source}: {found.folder}"
    return [
        found.name,
        str(found.dimension or ""),
        str(found.max_tokens or ""),
        languages,
        found.licence or "",
        _megabytes(found.size),
        f"{where} ({found.problem})" if found.problem else where,
    ]


def _row_of_entry(entry: Entry) -> list[str]:
    return [
        entry.name,
        str(entry.dimension),
        str(entry.max_tokens or ""),
        entry.languages,
        entry.licence,
        "",
        f"likewise download {entry.name}",
    ]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
