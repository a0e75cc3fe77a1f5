"""Many texts at once: how the claims about sentences and about documents are measured."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS, REFERENCE
from benchmarks.figures import ratios, spread
from benchmarks.options import Options
from benchmarks.processes import loaded
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer, shown, times

ROUNDS = 3
PAUSE = 0.3
"""Seconds between turns, for threads that spin a while after their work."""


def measure(name: str, texts: list[str], options: Options) -> Result:
    """Contenders in turn, round after round; seconds for each round, and cosine to float32."""
    sample = texts[: max(100, len(texts) // 8)]
    with loaded(options.chosen(CONTENDERS)) as field:
        reference = field.processes[REFERENCE].encode(sample)
        rows: dict[str, dict[str, Any]] = {
            # also what warms it up
            contender: {"cosine": _cosines(reference, process.encode(sample)), "seconds": []}
            for contender, process in field.processes.items()
        }
        for turn in range(options.rounds or ROUNDS):
            for contender, process in field.processes.items():
                time.sleep(PAUSE)
                seconds = process.ask("encode", texts=texts)["seconds"]
                rows[contender]["seconds"].append(seconds)
                print(f"{turn} {contender}: {len(texts) / seconds:.0f} {name}/s", file=sys.stderr)
        for row in rows.values():
            row["rate"] = asdict(spread([len(texts) / second for second in row["seconds"]]))
    return Result(name, options.command(name), rows, field.versions, field.notes)


def table(result: Result) -> Table:
    """Contenders, fastest first."""
    rows = result.rows
    seconds = {name: row["seconds"] for name, row in rows.items()}
    peer = best_peer(seconds)
    return Table(
        title=f"{result.benchmark.capitalize()} a second (best peer: {peer})",
        head=("contender", "a second", "× torch float32", "× best peer", "cosine mean (min)"),
        rows=tuple(
            (
                name,
                f"{rows[name]['rate']['median']:,.0f}",
                times(ratios(seconds[REFERENCE], seconds[name])),
                times(ratios(seconds[peer], seconds[name])),
                shown(rows[name]["cosine"]),
            )
            for name in sorted(rows, key=lambda name: -rows[name]["rate"]["median"])
        ),
    )


def _cosines(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return {"mean": float(cosines.mean()), "min": float(cosines.min())}
