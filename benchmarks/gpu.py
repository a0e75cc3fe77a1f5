"""Many sentences on a GPU: Likewise's torch runtime and sentence-transformers, in one process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

import likewise
from benchmarks import texts
from benchmarks.adapters import checkpoint
from benchmarks.figures import ratios, spread
from benchmarks.options import Options
from benchmarks.results import Result, UnavailableError
from benchmarks.tables import Table, shown, times
from benchmarks.throughput import cosines

QUESTION = "How many sentences a second on a GPU?"
COUNT, ROUNDS, WARM = 20_000, 5, 2_000
FORMATS = ("float32", "float16", "bfloat16")
REFERENCE = "sentence-transformers float32"

Encode = Callable[[list[str]], Any]


def run(options: Options) -> Result:
    """Measure each number format of both libraries, alternating, in each round.

    Raises:
        UnavailableError: there is no CUDA GPU, or torch or sentence-transformers is not installed.
    """
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise UnavailableError(f"gpu: {error.name} is not installed") from error
    if not torch.cuda.is_available():
        raise UnavailableError("gpu: torch finds no CUDA GPU on this machine")
    folder = str(checkpoint.folder())
    field: dict[str, Encode] = {}
    for form in FORMATS:
        field[f"likewise {form}"] = likewise.load(folder, device="cuda", compute=form).encode
        dtype = {"dtype": getattr(torch, form)}
        peer = SentenceTransformer(folder, device="cuda", model_kwargs=dtype)
        field[f"sentence-transformers {form}"] = peer.encode
    rows = race(field, texts.sentences(options.data, COUNT), options.rounds or ROUNDS)
    versions = {name: version(name) for name in ("likewise", "torch", "sentence-transformers")}
    versions["GPU"] = torch.cuda.get_device_name()
    return Result("gpu", options.command("gpu"), rows, versions)


def race(field: dict[str, Encode], sentences: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """Seconds for each round, and cosine to sentence-transformers' float32."""
    sample = sentences[:WARM]
    reference = np.asarray(field[REFERENCE](sample), np.float32)
    rows: dict[str, dict[str, Any]] = {
        # also warms up
        name: {"cosine": cosines(reference, np.asarray(encode(sample), np.float32)), "seconds": []}
        for name, encode in field.items()
    }
    for turn in range(rounds):
        for name, encode in field.items():
            started = time.perf_counter()
            encode(sentences)  # gives numpy arrays, so the GPU has finished
            seconds = time.perf_counter() - started
            rows[name]["seconds"].append(seconds)
            print(f"{turn} {name}: {len(sentences) / seconds:.0f} texts/s", file=sys.stderr)
    for row in rows.values():
        row["rate"] = asdict(spread([len(sentences) / second for second in row["seconds"]]))
    return rows


def tables(result: Result) -> list[Table]:
    """A row for each number format, compared with the same format of sentence-transformers."""
    rows = result.rows
    cells = []
    for name, row in rows.items():
        same = rows[f"sentence-transformers {name.split()[-1]}"]["seconds"]
        cells.append(
            (
                name,
                f"{row['rate']['median']:,.0f}",
                times(ratios(same, row["seconds"])),
                times(ratios(rows[REFERENCE]["seconds"], row["seconds"])),
                shown(row["cosine"]),
            )
        )
    head = ("library", "a second", "× same format", "× float32", "cosine mean (min)")
    return [Table("Sentences a second on a GPU", head, tuple(cells))]
