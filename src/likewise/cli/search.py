"""`likewise search`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.hits import as_json as hit_as_json
from likewise.cli.hits import say_hits
from likewise.cli.printing import note, say_json
from likewise.corpus.contract import Mode


def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.")],
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="How many to give.")] = 10,
    mode: Annotated[
        str, typer.Option(help="semantic (meaning), keyword (words) or hybrid (both).")
    ] = "semantic",
    where: options.Where = None,
    diversity: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Above 0: avoid near repetitions.")
    ] = 0.0,
    as_of: options.AsOf = None,
    store: options.StoreAddress = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find the passages of a collection that answer a query.

    \b
    Example:
      likewise search help "How do I get a refund?" -k 5
      likewise search papers "heart attack" --mode hybrid --where "year > 2020"
    """
    from typing import cast

    collection = options.open_collection(name, store, as_of, quiet=quiet)
    hits = collection.search(
        query, top_k, mode=cast(Mode, mode), where=where, diversity=diversity, highlight=True
    )
    if as_json:
        say_json([hit_as_json(hit) for hit in hits])
    else:
        say_hits(hits)
    if not hits and not quiet:
        note("note: nothing found")
