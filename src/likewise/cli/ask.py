"""`likewise ask`."""

from __future__ import annotations

import shutil

from likewise.cli.derive import command
from likewise.cli.hit_format import figures, folded, place
from likewise.cli.printing import note, say
from likewise.collections.answers import Answer
from likewise.operations.ask import AskRequest, AskResult
from likewise.operations.ask import ask as operation
from likewise.wording import counted

MANY_REFUSED = 0.1
"""Share of refused answerable questions that is worth a warning."""


@command(AskRequest, operation)
def ask(result: AskResult, _: AskRequest) -> None:
    """Answer a question with sentences of a collection, and say where they are from.

    \b
    Example:
      likewise ask help "Can I send an order back after a month?"
    """
    answer = result.answer
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    if not answer.answerable:
        note(f"nothing here answers this: {_reason(answer)}")
        _warn_of_refusals(answer)
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


def _reason(answer: Answer) -> str:
    if answer.false_alarm_rate is None:
        return "the collection is empty"
    share = answer.false_alarm_rate
    shown = f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
    return (
        f"{shown} of off-topic questions find something as relevant here, and at most "
        f"{answer.false_alarms:.3g} may (--false-alarms)"
    )


def _warn_of_refusals(answer: Answer) -> None:
    """Say so where many questions that are answered here are refused at this rate."""
    if answer.refused is not None and answer.refused >= MANY_REFUSED:
        note(
            f"about {answer.refused:.0%} of the questions that these texts answer are refused at "
            "this rate; a higher one refuses fewer"
        )
