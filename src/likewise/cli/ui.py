"""`likewise ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from likewise.cli import options
from likewise.cli.server_options import ServerOptions, run, server_command
from likewise.extras import require
from likewise.hub.catalog import DEFAULT

if TYPE_CHECKING:
    from likewise.server.secure import ServedApp


@server_command
def ui(
    server: ServerOptions,
    model: options.Model = DEFAULT,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
) -> None:
    """Open the web app on this machine; the API is there, too, as with serve.

    On any address but a loopback one it needs a key, and says what it opens to other machines.

    \b
    Example:
      likewise ui --open
    """

    def build() -> ServedApp:  # after the address is known to be usable, since it takes seconds
        require("gradio", "web")
        from likewise.server.app import Server, Settings
        from likewise.server.secure import ServedApp

        app = Server(Settings(model))
        return ServedApp(app, app.routes.error_form)

    run(build, server, open_browser=open_browser)
