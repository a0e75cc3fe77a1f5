"""`likewise download`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.checkpoint.locate import find_local, locate
from likewise.cli import options
from likewise.cli.printing import note, say, say_json


def download(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A catalogue name or a hub id.")],
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Fetch a model to this machine, and tell the folder it lies in.

    HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies are honoured.

    \b
    Example:
      likewise download gte-small
    """
    here = find_local(model, revision=revision)
    location = here or locate(model, revision=revision)
    if here and not quiet:
        note(f"{location.name} is on this machine already")
    if as_json:
        say_json({"name": location.name, "folder": str(location.folder), "source": location.source})
    else:
        say(str(location.folder))
