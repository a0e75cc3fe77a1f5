"""`likewise mcp`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.derive import Yes
from likewise.cli.printing import note, say
from likewise.errors import InputError
from likewise.extras import require
from likewise.hub.catalog import DEFAULT
from likewise.mcp.install import CLIENTS, McpClient, find_client, installed_clients, plan_change

Place = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="PLACE", help="Where collections are stored: a folder, or s3://…."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="A folder whose files agents may read."),
]

mcp_app = typer.Typer(name="mcp", add_completion=False, rich_markup_mode=None)


@mcp_app.callback(invoke_without_command=True)
def mcp(
    context: typer.Context,
    store: Place = None,
    data: Data = None,
    model: options.Model = DEFAULT,
) -> None:
    """Serve agents over the Model Context Protocol, on standard input and output.

    A client such as Claude or Cursor starts it; 'likewise mcp install' adds it to the client's
    configuration. Every tool is read-only; collections come from 'likewise index'.

    \b
    Example:
      likewise mcp install cursor
    """
    if context.invoked_subcommand:
        return
    _check(data)
    require("mcp", "mcp")
    require("likewise.mcp.stdio", "mcp").serve_stdio(store=store, data=data, model=model)


@mcp_app.command("install")
def install(
    clients: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CLIENT...]", help=f"{', '.join(client.name for client in CLIENTS)}."
        ),
    ] = None,
    store: Place = None,
    data: Data = None,
    model: options.Model = DEFAULT,
    yes: Yes = False,
) -> None:
    """Add this server to the configuration of clients, after showing the change.

    Without a name, every client that is found on this machine is offered. A copy of each file is
    saved beside it.

    \b
    Example:
      likewise mcp install claude-desktop --data ~/Documents/notes
    """
    require("mcp", "mcp")  # a client could not start the server
    _check(data)
    chosen = [find_client(name) for name in clients] if clients else installed_clients()
    if not chosen:
        raise InputError(
            "no client is found on this machine",
            hint=f"name one: {', '.join(client.name for client in CLIENTS)}",
        )
    arguments = _arguments(store, data, model)
    for client in chosen:
        _install(client, arguments, yes=yes)


def _install(client: McpClient, arguments: Sequence[str], *, yes: bool) -> None:
    change = plan_change(client, arguments)
    if change is None:
        say(f"{client.title}: {client.path()} has the entry already")
        return
    note(f"{client.title}: {change.path}")
    for line in change.diff:
        note(line)
    if not yes and not _agreed(change.client):
        say(f"{client.title}: nothing was changed")
        return
    backup = change.write()
    say(f"{client.title}: {change.path} is written; {client.restart}")
    if backup:
        say(f"    the file as it was: {backup}")


def _agreed(client: McpClient) -> bool:
    try:
        return typer.confirm(f"change the configuration of {client.title}?", err=True)
    except typer.Abort as error:
        note("")  # ends the line of the question
        raise InputError("nothing was changed", hint="answer y, or give --yes") from error


def _arguments(store: str | None, data: Path | None, model: str) -> list[str]:
    """The options, with absolute paths of folders."""
    found = []
    if store is not None:
        place = store if "://" in store else str(Path(store).expanduser().resolve())
        found += ["--store", place]
    if data is not None:
        found += ["--data", str(data.expanduser().resolve())]
    if model != DEFAULT:
        folder = Path(model).expanduser()
        found += ["--model", str(folder.resolve()) if folder.is_dir() else model]
    return found


def _check(data: Path | None) -> None:
    if data is not None and not data.expanduser().is_dir():
        raise InputError(f"no folder {data}", hint="--data takes an existing folder")
