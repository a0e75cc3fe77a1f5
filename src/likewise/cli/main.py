"""Every command in one table, and what becomes of errors."""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import likewise
from likewise.cli.ask import ask
from likewise.cli.bench import bench
from likewise.cli.calibrate import calibrate
from likewise.cli.cluster import cluster
from likewise.cli.collections import collections_app
from likewise.cli.compare import compare
from likewise.cli.dedupe import dedupe
from likewise.cli.doctor import doctor
from likewise.cli.download import download
from likewise.cli.encode import encode
from likewise.cli.evaluate import evaluate
from likewise.cli.example import example
from likewise.cli.export import export
from likewise.cli.index import index
from likewise.cli.interrupts import INTERRUPTED, raise_again
from likewise.cli.keys import keys_app
from likewise.cli.map import map_
from likewise.cli.mcp import mcp_app
from likewise.cli.models import models_app
from likewise.cli.printing import note
from likewise.cli.quantize import quantize
from likewise.cli.rank import rank
from likewise.cli.recommend import recommend
from likewise.cli.search import search
from likewise.cli.serve import serve
from likewise.cli.similarity import similarity
from likewise.cli.ui import ui
from likewise.cli.verify import verify
from likewise.errors import CheckpointWarning, LikewiseError, TruncationWarning

COMMANDS = (
    "ui",
    "serve",
    "keys",
    "mcp",
    "similarity",
    "rank",
    "encode",
    "index",
    "search",
    "ask",
    "recommend",
    "collections",
    "example",
    "dedupe",
    "cluster",
    "map",
    "evaluate",
    "compare",
    "calibrate",
    "models",
    "download",
    "export",
    "quantize",
    "verify",
    "bench",
    "doctor",
)
"""In the order in which help lists them."""


class Commands(TyperGroup):
    """The one place where the project's errors become words and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        # commands say in their own words what was assumed and what was cut
        for category in (CheckpointWarning, TruncationWarning):
            warnings.simplefilter("ignore", category)
        raise_again()
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
            # whoever read our output has gone; without this, Python complains of it at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        return result

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class asks for it
        """The commands in the order of the table below."""
        return sorted(self.commands, key=COMMANDS.index)


app = typer.Typer(
    name="likewise",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (
    ui, serve, similarity, rank, encode, index, search, ask, recommend, example, dedupe, cluster,
    download, export, quantize, verify, bench, doctor,
):  # fmt: skip
    app.command()(command)
app.command("map")(map_)
app.add_typer(mcp_app)
app.add_typer(models_app)
app.add_typer(keys_app)
app.add_typer(collections_app)
app.command()(evaluate)
app.command()(compare)
app.command()(calibrate)


def _version(wanted: bool) -> None:
    if wanted:
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
        # elsewhere than on a terminal the reader is a program, and programs expect UTF-8
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    app(prog_name="likewise")
