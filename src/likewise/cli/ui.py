"""`likewise ui`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.checkpoint.catalog import DEFAULT
from likewise.cli import options
from likewise.extras import require


def ui(
    model: options.Model = DEFAULT,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens it to the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Open the web app on this machine.

    \b
    Example:
      likewise ui --open
    """
    require("gradio", "web")
    app = require("likewise.web.app", "web")
    app.serve(host=host, port=port, model=model, open_browser=open_browser)
