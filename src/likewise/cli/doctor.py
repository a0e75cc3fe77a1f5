"""`likewise doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import note, say, say_json


def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also ask the hub whether it answers.")
    ] = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Examine this machine, and say what is slow or missing.

    \b
    Example:
      likewise doctor --network
    """
    from likewise.cli.diagnostics import examine  # loads the engine, which --help must not

    checks = examine(network=network)
    if as_json:
        say_json([asdict(check) for check in checks])
        return
    wide = max(len(check.name) for check in checks)
    for check in checks:
        say(f"{check.status:<5} {check.name:<{wide}}  {check.detail}")
        if check.hint:
            say(f"{'':<5} {'':<{wide}}  → {check.hint}")
    if not quiet:
        warnings = sum(check.status != "ok" for check in checks)
        note("all well" if not warnings else f"{warnings} to look at")
