"""Every command in one table, and how errors end the process."""

from __future__ import annotations

import io
import os
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import likewise
from likewise.cli.interrupts import INTERRUPTED, raise_again
from likewise.cli.printing import note
from likewise.errors import CheckpointWarning, LikewiseError, TruncationWarning

COMMANDS = {
    "ui": "likewise.cli.ui:ui",
    "serve": "likewise.cli.serve:serve",
    "keys": "likewise.cli.keys:keys_app",
    "mcp": "likewise.cli.mcp:mcp_app",
    "similarity": "likewise.cli.similarity:similarity",
    "rank": "likewise.cli.rank:rank",
    "encode": "likewise.cli.encode:encode",
    "preview": "likewise.cli.preview:preview",
    "index": "likewise.cli.index:index",
    "search": "likewise.cli.search:search",
    "ask": "likewise.cli.ask:ask",
    "recommend": "likewise.cli.recommend:recommend",
    "feedback": "likewise.cli.feedback:feedback_app",
    "collections": "likewise.cli.collections:collections_app",
    "example": "likewise.cli.example:example",
    "dedupe": "likewise.cli.dedupe:dedupe",
    "cluster": "likewise.cli.cluster:cluster",
    "map": "likewise.cli.map:map_",
    "evaluate": "likewise.cli.evaluate:evaluate",
    "compare": "likewise.cli.compare:compare",
    "calibrate": "likewise.cli.calibrate:calibrate",
    "mine": "likewise.cli.mine:mine",
    "check-data": "likewise.cli.check_data:check_data",
    "train": "likewise.cli.train:train",
    "distill": "likewise.cli.distill:distill",
    "models": "likewise.cli.models:models_app",
    "download": "likewise.cli.download:download",
    "export": "likewise.cli.export:export",
    "quantize": "likewise.cli.quantize:quantize",
    "verify": "likewise.cli.verify:verify",
    "bench": "likewise.cli.bench:bench",
    "plan": "likewise.cli.plan:plan",
    "diagnose": "likewise.cli.diagnose:diagnose",
    "doctor": "likewise.cli.doctor:doctor",
}
"""Where each command is defined, in the order of help: a function, or a Typer app of subcommands.

A module is imported when its command runs, so that a command does not load what others need.
"""


@cache
def _load(name: str) -> Any:
    defined = pkgutil.resolve_name(COMMANDS[name])
    if isinstance(defined, typer.Typer):
        return get_command(defined)
    command_app = typer.Typer(add_completion=False, rich_markup_mode=None)
    command_app.command(name)(defined)
    return get_command(command_app)


class LazyCommands(Mapping[str, Any]):
    """The commands by name; a lookup imports the command."""

    def __getitem__(self, name: str) -> Any:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class Commands(TyperGroup):
    """The group of all commands; turns the project's errors into messages and an exit status."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": LazyCommands()})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Import the command that was named; Ctrl-C is an exception from then on."""
        found = super().resolve_command(ctx, args)
        raise_again()
        return found

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        # commands report in their own messages what was assumed and what was truncated
        for category in (CheckpointWarning, TruncationWarning):
            warnings.simplefilter("ignore", category)
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except LikewiseError as error:
            note(f"error: {error.message}")
            if error.hint:
                note(f"hint: {error.hint}")
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            note("interrupted")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            # the reader of standard output has closed it; without this, Python reports that at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        return result


app = typer.Typer(
    name="likewise",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"likewise {likewise.__version__}")
        raise typer.Exit


@app.callback(epilog="likewise COMMAND --help shows an example of each.")
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Turn sentences into vectors on this machine's processor, and answer with them."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # if the output is not a terminal, a program reads it, and programs expect UTF-8
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    app(prog_name="likewise")
