"""Compare every text of a set with every other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from likewise.evaluation.examples import EXAMPLES, Example, ExampleResult, find_example, run_example
from likewise.operations.contract import Field, ModelRequest
from likewise.operations.messages import report_scripts
from likewise.operations.session import Session
from likewise.operations.texts import Column, read_file

OWN = "own"
"""Name of a set whose texts are given with the request."""


@dataclass(frozen=True)
class ExampleRequest(ModelRequest):
    """Sets of sentences: built-in ones, those of a file, or those given with the request."""

    names: Annotated[
        tuple[str, ...],
        Field("Built-in sets; see --list.", positional=True, metavar="NAME"),
    ] = ()
    file: Annotated[
        Path | None,
        Field(
            "Sentences of your own, one per line, or a table; - is stdin.", stdin=True, local=True
        ),
    ] = None
    texts: Annotated[
        tuple[str, ...], Field("A sentence of your own; repeat it.", flag="--text", metavar="TEXT")
    ] = ()
    column: Column = None
    list_sets: Annotated[bool, Field("List the built-in sets.", flag="--list")] = False
    folder: Annotated[Path, Field("Folder of saved results.", local=True, output=True)] = Path(
        "results"
    )
    save: Annotated[bool, Field("Save the result as a file.", flag="--save/--no-save")] = True


@dataclass(frozen=True)
class SetResult:
    """The result of one set.

    Attributes:
        result: every text compared with every other.
        path: the file it was saved to.
    """

    result: ExampleResult
    path: Path | None


@dataclass(frozen=True)
class ExamplesResult:
    """The results of the sets that were run, or the built-in sets.

    Attributes:
        results: one for each set.
        sets: the built-in sets, if requested.
    """

    results: tuple[SetResult, ...] = ()
    sets: tuple[Example, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values.

        Keys: `sets` (each with `name`, `title`, `language`, `texts`) if requested,
        else `results` (each with `path` and what `ExampleResult.to_dict` has).
        """
        if self.sets:
            return {"sets": [_plain(example) for example in self.sets]}
        return {
            "results": [
                {"path": str(each.path) if each.path else None} | each.result.to_dict()
                for each in self.results
            ]
        }


def example(request: ExampleRequest, session: Session) -> ExamplesResult:
    """Compare every text of each set with every other; the first built-in set by default.

    Raises:
        InputError: no such set, or a set of fewer than two texts.
        RecordError: the file cannot be read.
        TextError: a text cannot be encoded.
        CheckpointError: the model cannot be used.
        OutputError: a result cannot be saved.
    """
    if request.list_sets:
        return ExamplesResult(sets=EXAMPLES)
    sets = _sets(request, session)
    encoder = session.encoder(request)
    report_scripts(session, encoder, [text for texts in sets.values() for text in texts])
    results = []
    for name, texts in sets.items():
        session.cancel.check()
        result = run_example(encoder, texts, name)
        session.cancel.check()
        path = result.save(request.folder) if request.save else None
        if path:
            session.message("wrote", f"wrote {path}", output=str(path))
        results.append(SetResult(result, path))
    return ExamplesResult(tuple(results))


def _sets(request: ExampleRequest, session: Session) -> dict[str, tuple[str, ...]]:
    """The texts of each set by its name."""
    sets = {name: find_example(name).texts for name in request.names}
    if request.file:
        records = read_file(session, request.file, column=request.column)
        sets[request.file.stem] = tuple(record.text for record in records)
    if request.texts:
        sets[OWN] = request.texts
    return sets or {EXAMPLES[0].name: EXAMPLES[0].texts}


def _plain(example: Example) -> dict[str, Any]:
    return {
        "name": example.name,
        "title": dict(example.title),
        "language": example.language,
        "texts": list(example.texts),
    }
