"""`likewise ui`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.extras import require
from likewise.hub.catalog import DEFAULT


def ui(
    model: options.Model = DEFAULT,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on; 0.0.0.0 opens it to the network, with a key."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="LIKEWISE_API_KEY",
            metavar="KEY",
            help="What visitors must enter, or send as a bearer token; other users of this "
            "machine can read the command line, not the environment.",
        ),
    ] = None,
    allow_public: Annotated[
        bool, typer.Option("--allow-public", help="Serve other machines without a key.")
    ] = False,
    trusted_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name under which a proxy publishes the app."),
    ] = None,
) -> None:
    """Open the web app on this machine.

    On any address but a loopback one it needs a key, and says what it opens to other machines.

    \b
    Example:
      likewise ui --open
    """
    require("gradio", "web")
    from likewise.server.access import decide_access
    from likewise.server.key_file import KeyFile, default_key_file
    from likewise.server.keyring import Keyring
    from likewise.server.serve import serve
    from likewise.web.app import create_app

    access = decide_access(
        host, keys=Keyring(api_key, KeyFile(default_key_file())), allow_public=allow_public,
        trusted_hosts=trusted_host or (),
    )  # fmt: skip
    serve(lambda: create_app(model=model), access, host=host, port=port, open_browser=open_browser)
