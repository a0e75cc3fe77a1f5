"""`likewise example`."""

from __future__ import annotations

from likewise.cli.derive import command
from likewise.cli.printing import say, say_table
from likewise.evaluation.examples import ExampleResult
from likewise.operations.example import ExampleRequest, ExamplesResult
from likewise.operations.example import example as operation


@command(ExampleRequest, operation)
def example(result: ExamplesResult, _: ExampleRequest) -> None:
    """Compare every sentence of a set with every other.

    \b
    Example:
      likewise example medicine finance-zh
      likewise example --file sentences.txt
    """
    if result.sets:
        rows = [[e.name, e.title["en"], e.title["zh"], str(len(e.texts))] for e in result.sets]
        say_table(["name", "subject", "主题", "texts"], rows)
    for each in result.results:
        _say(each.result)


def _say(result: ExampleResult) -> None:
    say(f"{result.name} · {result.model} · {result.compute}")
    numbers = [str(i) for i in range(1, len(result.texts) + 1)]
    rows = [
        [number, *(f"{score:5.2f}" for score in scores), text]
        for number, scores, text in zip(numbers, result.matrix, result.texts, strict=True)
    ]
    say_table(["", *(f"{number:>5}" for number in numbers), "text"], rows)
