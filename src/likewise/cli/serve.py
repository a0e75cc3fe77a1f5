"""`likewise serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.server_options import ServerOptions, run, server_command
from likewise.extras import require
from likewise.hub.catalog import DEFAULT


@server_command
def serve(
    server: ServerOptions,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    preload: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Load this model before the first request."),
    ] = None,
    ui: Annotated[bool, typer.Option(help="Serve the web app, too.")] = True,
) -> None:
    """Serve models to programs: the APIs of OpenAI and others, and the web app, on one port.

    On any address but a loopback one it needs a key, and says what it opens to other machines.
    SIGTERM and Ctrl-C end it once the requests that were accepted are answered.

    \b
    Example:
      likewise serve --preload all-MiniLM-L6-v2
      likewise keys create laptop --scope read --rate 600
      likewise serve --host 0.0.0.0 --no-ui
    """
    require("msgspec", "server")
    if ui:
        require("gradio", "web")
    from likewise.server.app import Server, Settings
    from likewise.server.secure import ServedApp

    settings = Settings(model, preload=tuple(preload or ()), compute=compute, ui=ui)

    def build() -> ServedApp:
        app = Server(settings)
        return ServedApp(app, app.routes.error_form, pages=ui)

    run(build, server)
