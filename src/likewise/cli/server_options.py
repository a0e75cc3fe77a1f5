"""Options of `likewise serve` and `likewise ui`: who may use the server, and how it runs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from likewise.extras import require

Build = Callable[[], Any]
"""Makes a `likewise.server.secure.ServedApp`."""


@dataclass(frozen=True)
class ServerOptions:
    """The options, each with its help."""

    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 opens it to the network, with a key.")
    ] = "127.0.0.1"
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 7860
    uds: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Listen on a Unix socket, not on a port.")
    ] = None
    fd: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Listen on an inherited socket: 3 under systemd."),
    ] = None
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace the server on this port without a failed request.",
        ),
    ] = False
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="LIKEWISE_API_KEY",
            metavar="KEY",
            help="One key that may do everything; other users of this machine can read the "
            "command line, not the environment.",
        ),
    ] = None
    keys: Annotated[
        Path | None,
        typer.Option(
            envvar="LIKEWISE_KEYS",
            metavar="FILE",
            help="Keys made by 'likewise keys create'; the user's own file if not given.",
        ),
    ] = None
    allow_public: Annotated[
        bool, typer.Option("--allow-public", help="Serve other machines without a key, read-only.")
    ] = False
    trusted_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Name under which a proxy publishes the server."),
    ] = None
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Site whose pages may call the API; * is any."),
    ] = None
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM): serve HTTPS.")
    ] = None
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of the certificate (PEM).")
    ] = None
    drain_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds that requests may take to end after a stop.")
    ] = 30
    drain_delay: Annotated[
        float,
        typer.Option(min=0, help="Seconds after a stop in which /health is 503 and all goes on."),
    ] = 0
    log_format: Annotated[
        Literal["auto", "json", "text", "off"],
        typer.Option(help="How requests are logged; auto: text on a terminal, else json."),
    ] = "auto"
    log_texts: Annotated[
        bool, typer.Option("--log-texts", help="Log the texts of requests, too.")
    ] = False


def server_command(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a server, after its own; it gets them as its first argument."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    hints = get_type_hints(ServerOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(ServerOptions)
    ]  # fmt: skip

    @functools.wraps(function)
    def command(**given: Any) -> None:
        options = ServerOptions(**{each.name: given.pop(each.name) for each in shared})
        function(options, **given)

    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    signature = inspect.Signature([*keyword_only, *shared])
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in [*keyword_only, *shared]}
    return command


def run(build: Build, options: ServerOptions, *, open_browser: bool = False) -> None:
    """Serve an app until interrupted.

    Args:
        build: makes it.
        options: who may use it, and how it runs.
        open_browser: open the page once it answers.

    Raises:
        InputError: options that cannot be used.
        MissingExtraError: the extra `server` is not installed.
    """
    for module in ("msgspec", "starlette", "uvicorn"):
        require(module, "server")
    from likewise.server.access import decide_access
    from likewise.server.key_file import KeyFile, default_key_file
    from likewise.server.keyring import Keyring
    from likewise.server.listener import Address
    from likewise.server.serve import ServeOptions, serve

    address = Address(options.host, options.port, options.uds, options.fd)
    access = decide_access(
        address.reached_at,
        keys=Keyring(options.api_key, KeyFile(options.keys or default_key_file())),
        allow_public=options.allow_public,
        trusted_hosts=options.trusted_host or (),
        cors_origins=options.cors_origin or (),
    )
    how = ServeOptions(
        address, options.replace, options.tls_cert, options.tls_key, options.drain_delay,
        options.drain_seconds, open_browser, options.log_format, options.log_texts,
    )  # fmt: skip
    serve(build, access, how)
