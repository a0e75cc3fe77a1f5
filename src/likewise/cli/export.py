"""`likewise export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from likewise.cli import options
from likewise.cli.printing import say, say_json
from likewise.export import export as write


def export(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A catalogue name, a hub id, or a folder.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Must not exist yet.")],
    to: Annotated[str, typer.Option(help="safetensors, openvino or onnx.")] = "safetensors",
    as_json: options.AsJson = False,
) -> None:
    """Write a model into a folder that other programs load.

    sentence-transformers loads it whatever the format; openvino and onnx add a graph with the
    inputs input_ids and attention_mask and the output last_hidden_state.

    \b
    Example:
      likewise export all-MiniLM-L6-v2 minilm-onnx --to onnx
    """
    made = write(model, to, folder)
    if as_json:
        say_json({"folder": str(made), "format": to})
    else:
        say(str(made))
