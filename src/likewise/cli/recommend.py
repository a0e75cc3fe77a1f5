"""`likewise recommend`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.hit_format import as_json as hit_as_json
from likewise.cli.hit_format import say_hits
from likewise.cli.printing import note, say_json


def recommend(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    liked: Annotated[str, typer.Option("--liked", help="Ids, with commas between.")],
    disliked: Annotated[str, typer.Option("--disliked", help="Ids, with commas between.")] = "",
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="How many to give.")] = 10,
    where: options.Where = None,
    as_of: options.AsOf = None,
    store: options.StoreAddress = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find more of what is liked, and nothing nearer to what is not.

    Ids stand beside the hits of a search.

    \b
    Example:
      likewise recommend help --liked 0d84423ece803575,3527a81a6dd98818 -k 5
    """
    collection = options.open_collection(name, store, as_of, quiet=quiet)
    found = collection.recommend(_ids(liked), _ids(disliked), top_k, where=where)
    if as_json:
        say_json([hit_as_json(item.hit) | {"because": item.because.id} for item in found])
    else:
        say_hits(
            [item.hit for item in found], [f"because of {item.because.text}" for item in found]
        )
    if not found and not quiet:
        note("note: nothing found")


def _ids(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]
