"""The command and the Python that give a result again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from likewise.evaluation.examples import EXAMPLES
from likewise.web.registry import Choice
from likewise.web.uploads import read_upload

MOST_LINES = 40
"""More texts than these are named as a file instead of being written out."""


@dataclass(frozen=True)
class Recipe:
    """A result, to be had again.

    Attributes:
        command: for a POSIX shell.
        python: a whole program.
    """

    command: str
    python: str


@dataclass(frozen=True)
class Texts:
    """Where texts came from.

    Attributes:
        texts: the texts.
        file: the name of the file they came from; empty where they were typed.
        column: the column of that file, where one was named.
        path: where that file lies; its texts are not in memory.
        encoding: of that file, where one was named.
    """

    texts: tuple[str, ...]
    file: str = ""
    column: str = ""
    path: str = ""
    encoding: str = ""

    def stream(self) -> Iterator[str]:
        """The texts, from the beginning.

        Raises:
            RecordError: the file cannot be read.
            InputError: there is no such column or encoding.
        """
        if not self.path:
            return iter(self.texts)
        records = read_upload(self.path, self.column or None, self.encoding or None)
        return (record.text for record in records)

    @property
    def name(self) -> str:
        """The file to name; empty where the texts are written out."""
        return self.file or ("texts.txt" if len(self.texts) > MOST_LINES else "")


def similarity(choice: Choice, a: str, b: str) -> Recipe:
    """Two texts compared."""
    command = ["likewise", "similarity", *_options(choice), "--", a, b]
    return Recipe(
        shlex.join(command),
        "import likewise\n"
        "from likewise.evaluation import compare, compare_tokens\n\n"
        f"model = {_load(choice)}\n"
        f"a = {a!r}\n"
        f"b = {b!r}\n"
        "print(compare(model, a, b))\n"
        "print(compare_tokens(model, a, b).matrix)\n",
    )


def encode(choice: Choice, texts: Texts) -> Recipe:
    """Texts encoded into a file."""
    return Recipe(
        _fed("encode", ["--output", "likewise-vectors.npy", *_options(choice)], [], texts),
        f"import likewise\nimport numpy\n{_import(texts)}\n"
        f"model = {_load(choice)}\n"
        f"texts = {_listed(texts)}\n"
        "vectors = model.encode(texts)\n"
        'numpy.save("likewise-vectors.npy", vectors)\n',
    )


def rank(choice: Choice, query: str, texts: Texts, top_k: int, threshold: float | None) -> Recipe:
    """Candidates ranked by their similarity to a text."""
    options = ["--top-k", str(top_k), *_options(choice)]
    keep = ""
    if threshold is not None:
        options += ["--threshold", repr(threshold)]
        keep = f"    if each.score >= {threshold!r}:\n    "
    return Recipe(
        _fed("rank", options, [query], texts),
        f"import likewise\n{_import(texts)}\n"
        f"model = {_load(choice)}\n"
        f"candidates = {_listed(texts)}\n"
        f"for each in model.rank({query!r}, candidates, top_k={top_k}):\n"
        f'{keep}    print(f"{{each.score:.4f}}  {{each.text}}")\n',
    )


def example(choice: Choice, name: str, texts: Sequence[str]) -> Recipe:
    """A set of sentences, each compared with each."""
    built_in = any(e.name == name and e.texts == tuple(texts) for e in EXAMPLES)
    if built_in:
        command = shlex.join(["likewise", "example", *_options(choice), "--", name])
        run = f"run_example(model, name={name!r})"
    else:
        written = f"{_lines(texts)} > own.txt"
        asked = shlex.join(["likewise", "example", "--file", "own.txt", *_options(choice)])
        command = f"{written} && {asked}"
        run = f"run_example(model, {_listed(Texts(tuple(texts)), inline=True)})"
    return Recipe(
        command,
        "import likewise\n"
        "from likewise.evaluation import run_example\n\n"
        f"model = {_load(choice)}\n"
        f"result = {run}\n"
        "print(result.matrix)\n"
        'print(result.save("results"))\n',
    )


def _options(choice: Choice) -> list[str]:
    """The model, and the number format where it is not the usual one."""
    compute = [] if choice.compute == "auto" else ["--compute", choice.compute]
    return ["--model", choice.name, *compute]


def _load(choice: Choice) -> str:
    compute = "" if choice.compute == "auto" else f", compute={choice.compute!r}"
    return f"likewise.load({choice.name!r}{compute})"


def _fed(verb: str, options: list[str], positional: list[str], texts: Texts) -> str:
    """A command that reads texts: from a file, or from what is written before it."""
    column = ["--column", texts.column] if texts.column else []
    last = "-" if texts.encoding else texts.name or "-"
    command = shlex.join(["likewise", verb, *options, *column, "--", *positional, last])
    if texts.encoding:
        return (
            shlex.join(["iconv", "-f", texts.encoding, "-t", "utf-8", texts.name]) + f" | {command}"
        )
    return command if texts.name else f"{_lines(texts.texts)} | {command}"


def _lines(texts: Sequence[str]) -> str:
    return "printf '%s\\n' " + " ".join(shlex.quote(text) for text in texts)


def _import(texts: Texts) -> str:
    reader = "read_records" if texts.encoding else "read_texts"
    return f"from likewise.collections import {reader}\n" if texts.name else ""


def _listed(texts: Texts, *, inline: bool = False) -> str:
    if texts.name and not inline:
        column = f", column={texts.column!r}" if texts.column else ""
        if texts.encoding:
            read = f"read_records({texts.name!r}{column}, encoding={texts.encoding!r})"
            return f"[record.text for record in {read}]"
        return f"read_texts({texts.name!r}{column})"
    return "[\n" + "".join(f"    {text!r},\n" for text in texts.texts) + "]"
