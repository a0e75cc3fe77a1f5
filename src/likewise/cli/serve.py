"""`likewise serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from likewise.cli import options
from likewise.cli.server_options import ServerOptions, run, server_command
from likewise.errors import InputError
from likewise.extras import require
from likewise.hub.catalog import DEFAULT

if TYPE_CHECKING:
    from likewise.server.secure import ServedApp


@server_command
def serve(
    server: ServerOptions,
    model: options.Model = DEFAULT,
    compute: options.Compute = "auto",
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Serve --model and this one, not all of this machine."),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODEL", help="Another name of a model, such as text-embedding-3-small."
        ),
    ] = None,
    preload: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="Load this model before the first request, and never drop it."
        ),
    ] = None,
    reranker: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The model of rerank requests that name none."),
    ] = None,
    memory_mb: Annotated[
        int, typer.Option(min=0, help="Weights in memory; the model used last always stays.")
    ] = 4096,
    cache_mb: Annotated[
        int, typer.Option(min=0, help="Vectors of earlier texts in memory; 0 caches none.")
    ] = 64,
    cache_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Vectors of earlier texts on disk, up to 1 GiB."),
    ] = None,
    max_wait: Annotated[
        float, typer.Option(min=0, help="Seconds of work that may wait; more is refused (429).")
    ] = 20.0,
    any_dimensions: Annotated[
        bool,
        typer.Option(
            "--any-dimensions",
            help="Truncate vectors on request, also of models that were not trained for it.",
        ),
    ] = False,
    token_ids: Annotated[
        Literal["auto", "model", "cl100k"],
        typer.Option(help="Vocabulary of token ids that clients send in place of texts."),
    ] = "auto",
    store: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Where collections are; LIKEWISE_STORE or the default."
        ),
    ] = None,
    store_cache_gb: Annotated[
        float,
        typer.Option(
            min=0,
            help="Collections of an object store up to this size are copied to this disk; 0: none.",
        ),
    ] = 10.0,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Files that clients may name, read by the server."),
    ] = None,
    traces: Annotated[
        bool, typer.Option("--traces", help="Send OpenTelemetry traces, as OTEL_* variables say.")
    ] = False,
    ui: Annotated[bool, typer.Option(help="Serve the web app, too.")] = True,
) -> None:
    """Serve models to programs: the APIs of OpenAI and others, MCP, and the web app, on one port.

    On any address but a loopback one it needs a key, and says what it opens to other machines.
    SIGTERM and Ctrl-C end it once the requests that were accepted are answered.

    \b
    Example:
      likewise serve --preload all-MiniLM-L6-v2
      likewise keys create laptop --scope read --rate 600
      likewise serve --host 0.0.0.0 --no-ui
    """
    aliases = _aliases(alias or [])

    def build() -> ServedApp:  # after the address is known to be usable, since it takes seconds
        if ui:
            require("gradio", "web")
        from likewise.server.app import Server, Settings
        from likewise.server.operations_api.service import ApiSettings
        from likewise.server.secure import ServedApp

        settings = Settings(
            model, models=tuple(only or ()), aliases=aliases, preload=tuple(preload or ()),
            compute=compute, memory_limit=memory_mb * 2**20, cache_limit=cache_mb * 2**20,
            cache_file=cache_file, max_wait=max_wait, any_dimensions=any_dimensions,
            token_ids=token_ids, reranker=reranker, ui=ui,
            api=ApiSettings(store=store, store_cache=int(store_cache_gb * 2**30), data=data),
        )  # fmt: skip
        app = Server(settings)
        served: Any = app
        if traces:
            from likewise.server.tracing import traced

            served = traced(app)
        return ServedApp(served, app.routes.error_form, pages=ui)

    run(build, server)


def _aliases(given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, model = each.partition("=")
        if not (name and equals and model):
            raise InputError(
                f"--alias {each} is not NAME=MODEL",
                hint="such as text-embedding-3-small=all-MiniLM-L6-v2",
            )
        found[name] = model
    return found
