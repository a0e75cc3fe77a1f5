"""`likewise ask`."""

from __future__ import annotations

import shutil

from likewise.cli.derive import command
from likewise.cli.hit_format import figures, folded, place, standing
from likewise.cli.printing import note, say
from likewise.collections.answers import Answer
from likewise.operations.ask import AskRequest, AskResult
from likewise.operations.ask import ask as operation
from likewise.wording import counted


@command(AskRequest, operation)
def ask(result: AskResult, _: AskRequest) -> None:
    """Answer a question with sentences of a collection, and say where they are from.

    \b
    Example:
      likewise ask help "Can I send an order back after a month?"
    """
    answer = result.answer
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    if not answer.near_enough:
        note(f"nothing here is near enough to answer: {_nearest(answer)}")
        return
    for quote in answer.quotes:
        for line in folded(quote.text, width):
            say(line)
        title = f", {quote.hit.title}" if quote.hit.title else ""
        say(f"    {figures(quote.hit)}  {place(quote.hit)}{title}  id {quote.hit.id}")
    say("")
    count = sum(len(document.chunks) for document in answer.documents)
    say(f"from {counted(count, 'chunk')} of {counted(len(answer.documents), 'record')}:")
    for document in answer.documents:
        best = document.chunks[0]
        figure = f"{best.similarity:.3f}" if best.similarity is not None else ""
        title = document.title or best.text
        first, *rest = folded(f"{figure}  {place(best)}  {title}", width - 4)
        say(f"  {first}" + (" …" if rest else ""))


def _nearest(answer: Answer) -> str:
    if answer.percentile is None:
        return "nothing is found"
    return (
        f"the nearest chunk is {standing(answer.percentile, answer.pairs)}, "
        f"and {answer.threshold:g}% is required (--near)"
    )
