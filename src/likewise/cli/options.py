"""Options that several commands have, and files that may be standard input."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str, typer.Option("--model", "-m", help="A catalogue name, a hub id or a folder.")
]
Compute = Annotated[
    str,
    typer.Option(
        help="Number format of the network: auto, float32, bfloat16, int8, float16 (GPU)."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Give the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")]


@contextmanager
def as_file(file: Path) -> Iterator[Path]:
    """The file; standard input is copied to a temporary one."""
    if str(file) != "-":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        copied = Path(folder) / "stdin.txt"
        with copied.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target)
        yield copied
