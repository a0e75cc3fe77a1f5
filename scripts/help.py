"""Prints the reference of the command line, made from each command's own `--help`.

`make docs` keeps it as docs/help.md; a test fails when the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer.main
from typer.testing import CliRunner

from likewise.cli.main import app

HEAD = """\
# The command line

Made by `make docs` from each command's own `--help`; don't edit it by hand.
"""


def pages(command: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The help of a command and of all below it, as Markdown."""
    result = CliRunner().invoke(app, [*path, "--help"], prog_name="likewise")
    lines = [line.rstrip() for line in result.stdout.strip().splitlines()]
    title = " ".join(("likewise", *path))
    yield f"\n## {title}\n\n```text\n" + "\n".join(lines) + "\n```\n"
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from pages(child, (*path, name))


if __name__ == "__main__":
    print(HEAD + "".join(pages(typer.main.get_command(app))), end="")
