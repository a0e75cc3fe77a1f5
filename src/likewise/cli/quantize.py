"""`likewise quantize`."""

from __future__ import annotations

from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import note, say, say_json
from likewise.hub.catalog import DEFAULT
from likewise.hub.download import progress_bar
from likewise.hub.locate import locate


def quantize(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id or a folder.")
    ] = DEFAULT,
    again: Annotated[
        bool, typer.Option("--again", help="Make it anew even where there is one.")
    ] = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Make the int8 graph that OpenVINO runs ahead of its first use, and tell where it lies.

    It takes 10 to 60 seconds once; --compute int8 loads it from then on. LIKEWISE_CACHE chooses
    another place for it. Where our own kernels run the model, int8 needs no graph: likewise doctor
    tells.

    \b
    Example:
      likewise quantize all-MiniLM-L6-v2
    """
    from likewise.checkpoint.config import read_config
    from likewise.engine.openvino.quantize import quantized  # not before: --help needs no engine
    from likewise.tokenization.tokenizer import read_tokenizer

    location = locate(model, progress=None if quiet else progress_bar)
    config = read_config(location.folder)
    graph = quantized(config, read_tokenizer(config), again=again, show=False if quiet else None)
    if as_json:
        say_json(
            {
                "name": location.name,
                "path": str(graph.path),
                "bytes": graph.size,
                "made": graph.made,
                "seconds": round(graph.seconds, 3),
            }
        )
        return
    say(str(graph.path))
    if not quiet:
        how = "made" if graph.made else "was there already; --again makes it anew"
        note(f"{how} ({graph.size / 2**20:.0f} MiB, {graph.seconds:.1f} s)")
