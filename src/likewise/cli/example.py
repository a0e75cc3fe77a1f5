"""`likewise example`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import note, say, say_json, say_table
from likewise.evaluation import EXAMPLES, ExampleResult, find_example, run_example
from likewise.hub.catalog import DEFAULT


def example(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Built-in sets; see --list.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Sentences of your own, one a line or a table.")
    ] = None,
    column: options.Column = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the built-in sets.")] = False,
    folder: Annotated[Path, typer.Option(help="Where results are kept.")] = Path("results"),
    save: Annotated[bool, typer.Option(help="Keep the result as a file.")] = True,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare every sentence of a set with every other.

    \b
    Example:
      likewise example medicine finance-zh
      likewise example --file sentences.txt
    """
    if list_them:
        _say_list(as_json)
        return
    sets = {name: find_example(name).texts for name in names or ()}
    if file:
        sets[file.stem] = tuple(r.text for r in options.read(file, column, quiet=quiet))
    encoder = options.load(model, compute, device, quiet=quiet)
    if not sets:
        sets[EXAMPLES[0].name] = EXAMPLES[0].texts
    options.warn_foreign(encoder, [t for texts in sets.values() for t in texts], quiet=quiet)
    results = [run_example(encoder, texts, name) for name, texts in sets.items()]
    paths = [str(result.save(folder)) if save else None for result in results]
    if as_json:
        say_json([{"path": p} | r.to_dict() for p, r in zip(paths, results, strict=True)])
    else:
        for result in results:
            _say(result)
    if save and not quiet:
        for path in paths:
            note(f"wrote {path}")


def _say(result: ExampleResult) -> None:
    say(f"{result.name} · {result.model} · {result.compute}")
    numbers = [str(i) for i in range(1, len(result.texts) + 1)]
    rows = [
        [number, *(f"{score:5.2f}" for score in scores), text]
        for number, scores, text in zip(numbers, result.matrix, result.texts, strict=True)
    ]
    say_table(["", *(f"{number:>5}" for number in numbers), "text"], rows)


def _say_list(as_json: bool) -> None:
    if as_json:
        say_json(
            [
                {"name": e.name, "title": dict(e.title), "language": e.language, "texts": e.texts}
                for e in EXAMPLES
            ]
        )
    else:
        rows = [[e.name, e.title["en"], e.title["zh"], str(len(e.texts))] for e in EXAMPLES]
        say_table(["name", "subject", "主题", "texts"], rows)
