"""`likewise search`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from likewise.cli import options
from likewise.cli.hit_format import as_json as hit_as_json
from likewise.cli.hit_format import say_hits
from likewise.cli.printing import note, say_json
from likewise.collections.contract import Hit, Mode
from likewise.errors import InputError
from likewise.wording import counted


def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="What to look for.")] = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="How many to give.")] = 10,
    mode: Annotated[
        str, typer.Option(help="semantic (meaning), keyword (words) or hybrid (both).")
    ] = "semantic",
    where: options.Where = None,
    like: Annotated[
        str | None, typer.Option(metavar="ID", help="In place of a query: what is like this.")
    ] = None,
    diversity: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Above 0: avoid near repetitions.")
    ] = 0.0,
    rerank: options.Rerank = None,
    by_document: Annotated[
        bool, typer.Option("--by-document", help="The best passage of each document alone.")
    ] = False,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE", help="In place of a query: a file of them.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .jsonl that --batch writes.")
    ] = None,
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
      likewise search help --batch questions.txt -o answers.jsonl
    """
    if sum(given is not None for given in (query, like, batch)) != 1:
        raise InputError("what to look for?", hint="give one of QUERY, --like ID, --batch FILE")
    collection = options.open_collection(name, store, as_of, quiet=quiet)
    if batch is not None:
        from likewise.collections.batch_search import search_file

        if output is None:
            raise InputError("--batch needs a file to write", hint="name it with -o answers.jsonl")
        count = search_file(
            collection, batch, output, k=top_k, mode=cast(Mode, mode), where=where,
            diversity=diversity, rerank=options.load_scorer(rerank), by_document=by_document,
        )  # fmt: skip
        if not quiet:
            note(f"wrote the answers to {counted(count, 'query', 'queries')} to {output}")
        return
    if like is not None:
        hits = collection.more_like(like, top_k, where=where, by_document=by_document)
    else:
        hits = collection.search(
            cast(str, query), top_k, mode=cast(Mode, mode), where=where, diversity=diversity,
            rerank=options.load_scorer(rerank), highlight=True, by_document=by_document,
        )  # fmt: skip
    _say(hits, as_json=as_json, quiet=quiet)


def _say(hits: list[Hit], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        say_json([hit_as_json(hit) for hit in hits])
    else:
        say_hits(hits)
    if not hits and not quiet:
        note("note: nothing found")
