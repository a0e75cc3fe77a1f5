"""`likewise download`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import note, say, say_json
from likewise.hub.download import progress_bar
from likewise.hub.locate import locate


def download(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A catalogue name or a hub id.")],
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    weights: Annotated[
        str | None,
        typer.Option("--format", help="Weights to fetch: safetensors, pytorch or onnx."),
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Fetch a model to this machine, and tell the folder it lies in.

    Only the files it needs are fetched, each is held against its hash, and what was interrupted is
    taken up again. HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HOME and proxies are honoured.

    \b
    Example:
      likewise download gte-small
    """
    location = locate(
        model, revision=revision, weights=weights, progress=None if quiet else progress_bar
    )
    if not quiet and location.source != "hub":
        note(f"{location.name} is on this machine already")
    if not quiet and location.commit:
        note(f"commit {location.commit}")
    if as_json:
        place = {"folder": str(location.folder), "source": location.source}
        say_json({"name": location.name, **place, "commit": location.commit})
    else:
        say(str(location.folder))
