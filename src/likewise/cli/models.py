"""`likewise models` and `likewise models rm`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from likewise.checkpoint.inventory import Installed, in_cache, inventory, remove
from likewise.cli import options
from likewise.cli.printing import say, say_json, say_table
from likewise.hub.catalog import CATALOG, Entry

models_app = typer.Typer(name="models", rich_markup_mode=None)

HEADER = ("name", "dimensions", "max tokens", "languages", "licence", "size", "where")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List the models on this machine, and those known by name that are not here yet.

    Any folder or hub id of a model of the same kind works too.

    \b
    Example:
      likewise models --json
    """
    if context.invoked_subcommand:
        return
    here = inventory()
    elsewhere = [e for e in CATALOG if e not in {found.entry for found in here}]
    if as_json:
        say_json([_facts(found) for found in here] + [_facts_of_entry(e) for e in elsewhere])
        return
    rows = [_row(found) for found in here] + [_row_of_entry(entry) for entry in elsewhere]
    say_table(HEADER, rows)


@models_app.command("rm")
def remove_model(
    model: Annotated[str, typer.Argument(metavar="NAME", help="A catalogue name or a hub id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Delete a model from the cache. Your own folders and bundled models are never touched.

    \b
    Example:
      likewise models rm gte-small --yes
    """
    found = in_cache(model)
    if not yes:
        typer.confirm(f"delete {found.name} ({_megabytes(found.size)})?", abort=True, err=True)
    gone = remove(model)
    if as_json:
        say_json({"name": gone.name, "folder": str(gone.folder), "freed": gone.freed})
    else:
        say(f"{gone.name}: {_megabytes(gone.freed)} freed")


def _facts(found: Installed) -> dict[str, Any]:
    known = _facts_of_entry(found.entry) if found.entry else {}
    return known | {
        "name": found.name,
        "dimension": found.dimension,
        "max_tokens": found.max_tokens,
        "licence": found.licence,
        "source": found.source,
        "folder": str(found.folder),
        "commit": found.commit,
        "size": found.size,
        "problem": found.problem,
    }


def _facts_of_entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "hub_id": entry.hub_id,
        "dimension": entry.dimension,
        "max_tokens": entry.max_tokens,
        "parameters": entry.parameters,
        "languages": entry.languages,
        "licence": entry.licence,
        "prompts": dict(entry.prompts),
        "scores": dict(entry.scores.values) if entry.scores else {},
        "scores_source": entry.scores.source if entry.scores else None,
        "source": None,
        "folder": None,
    }


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
