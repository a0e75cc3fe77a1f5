"""`likewise ask`."""

from __future__ import annotations

import shutil
from typing import Annotated, Any, cast

import typer

from likewise.cli import options
from likewise.cli.hit_format import as_json as hit_as_json
from likewise.cli.hit_format import figures, folded, place, standing
from likewise.cli.printing import note, say, say_json
from likewise.collections.answers import NEAR, Answer
from likewise.collections.contract import Mode
from likewise.wording import counted


def ask(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words.")],
    quotes: Annotated[int, typer.Option("--quotes", min=1, help="Sentences to give.")] = 3,
    passages: Annotated[int, typer.Option(min=1, help="Passages to look at.")] = 8,
    near: Annotated[
        float,
        typer.Option(min=0.0, max=100.0, help="Nearer than so many percent of random pairs."),
    ] = NEAR,
    mode: Annotated[str, typer.Option(help="semantic, keyword or hybrid.")] = "semantic",
    where: options.Where = None,
    rerank: options.Rerank = None,
    as_of: options.AsOf = None,
    store: options.StoreAddress = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Answer a question with sentences of a collection, and tell where they stand.

    \b
    Example:
      likewise ask help "Can I send an order back after a month?"
    """
    collection = options.open_collection(name, store, as_of, quiet=quiet)
    answer = collection.ask(
        question, passages=passages, quotes=quotes, near=near, mode=cast(Mode, mode), where=where,
        rerank=options.load_scorer(rerank),
    )  # fmt: skip
    if as_json:
        say_json(_plain(answer))
    else:
        _say(answer)


def _say(answer: Answer) -> None:
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    if not answer.near_enough:
        found = "nothing is found" if answer.percentile is None else (
            f"the nearest passage is {standing(answer.percentile, answer.pairs)}, "
            f"and {answer.threshold:g}% are asked for (--near)"
        )  # fmt: skip
        note(f"nothing here is near enough to answer: {found}")
        return
    for quote in answer.quotes:
        for line in folded(quote.text, width):
            say(line)
        title = f", {quote.hit.title}" if quote.hit.title else ""
        say(f"    {figures(quote.hit)}  {place(quote.hit)}{title}  id {quote.hit.id}")
    say("")
    count = sum(len(document.passages) for document in answer.documents)
    say(f"from {counted(count, 'passage')} of {counted(len(answer.documents), 'record')}:")
    for document in answer.documents:
        best = document.passages[0]
        figure = f"{best.similarity:.3f}" if best.similarity is not None else ""
        title = document.title or best.text
        first, *rest = folded(f"{figure}  {place(best)}  {title}", width - 4)
        say(f"  {first}" + (" …" if rest else ""))


def _plain(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "near_enough": answer.near_enough,
        "percentile": answer.percentile,
        "threshold": answer.threshold,
        "quotes": [
            {"text": quote.text, "score": quote.score, "hit": hit_as_json(quote.hit)}
            for quote in answer.quotes
        ],
        "documents": [
            {
                "record": document.record,
                "title": document.title,
                "source": document.source,
                "line": document.line,
                "passages": [hit_as_json(hit) for hit in document.passages],
            }
            for document in answer.documents
        ],
    }
