"""`likewise keys`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from likewise.cli.options import AsJson
from likewise.cli.printing import note, say, say_json, say_table
from likewise.extras import require

if TYPE_CHECKING:
    from likewise.server.key_file import KeyFile
    from likewise.server.keys import Key

keys_app = typer.Typer(
    name="keys", add_completion=False, no_args_is_help=True, rich_markup_mode=None
)

File = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="LIKEWISE_KEYS",
        metavar="FILE",
        help="The file of the keys; the user's own if not given.",
    ),
]
Name = Annotated[str, typer.Argument(help="Name of the key, such as the program that uses it.")]


@keys_app.callback()
def keys() -> None:
    """Make, list and revoke the API keys of likewise serve and likewise ui.

    \b
    Example:
      likewise keys create laptop --scope read --rate 600
    """


@keys_app.command("create")
def create(
    name: Name,
    scope: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(
            help="read uses models and collections; write also changes collections; admin also "
            "manages the server."
        ),
    ] = "read",
    rate: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Most requests a minute.")
    ] = None,
    file: File = None,
) -> None:
    """Make a key and print it, once: only its hash is stored.

    A server that runs accepts it within a second.

    \b
    Example:
      likewise keys create laptop --scope write --rate 600
    """
    made = _file(file).create(name, [scope], rate)
    say(made.secret)
    note(f"this is the only time that the key {name!r} is shown")


@keys_app.command("list")
def list_(file: File = None, as_json: AsJson = False) -> None:
    """List the keys: names, scopes and limits."""
    found = _file(file)
    keys = found.read()
    if as_json:
        say_json({"keys": [_row(key) for key in keys]})
    elif not keys:
        note(f"no keys in {found.path}")
        note("hint: likewise keys create NAME")
    else:
        rows = [[str(each) if each is not None else "-" for each in _row(key).values()]
                for key in keys]  # fmt: skip
        say_table(["name", "scope", "requests a minute", "created"], rows)


@keys_app.command("revoke")
def revoke(name: Name, file: File = None) -> None:
    """Revoke a key; a server that runs refuses it within a second."""
    _file(file).revoke(name)
    say(f"revoked {name}")


def _file(given: Path | None) -> KeyFile:
    require("starlette", "server")
    from likewise.server.key_file import KeyFile, default_key_file

    return KeyFile(given or default_key_file())


def _row(key: Key) -> dict[str, str | int | None]:
    from likewise.server.keys import SCOPES

    scope = next(each for each in reversed(SCOPES) if each in key.scopes)
    return {
        "name": key.name,
        "scope": scope,
        "requests_per_minute": key.requests_per_minute,
        "created": key.created,
    }
