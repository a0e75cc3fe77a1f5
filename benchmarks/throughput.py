"""Throughput on many texts, for the benchmarks `sentences` and `documents`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.contenders import CONTENDERS, REFERENCE
from benchmarks.figures import ratios, spread
from benchmarks.options import Options
from benchmarks.processes import Field, check_reference, loaded
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer, shown, times

ROUNDS = 3
PAUSE = 0.3
"""Seconds between contenders: threads may spin for a while after their work."""


def measure(name: str, texts: list[str], options: Options) -> Result:
    """Measure the contenders on the bundled checkpoint."""
    with loaded(options.chosen(CONTENDERS)) as field:
        rows = race(field, texts, options.rounds or ROUNDS)
    return Result(name, options.command(name), rows, field.versions, field.notes)


def race(field: Field, texts: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """Alternate contenders in each round; seconds for each round, and cosine to float32."""
    sample = texts[: max(100, len(texts) // 8)]
    check_reference(field.processes)
    # also warms them up
    vectors = {contender: process.encode(sample) for contender, process in field.processes.items()}
    rows: dict[str, dict[str, Any]] = {
        contender: {"cosine": cosines(vectors[REFERENCE], own), "seconds": []}
        for contender, own in vectors.items()
    }
    for turn in range(rounds):
        for contender, process in field.processes.items():
            time.sleep(PAUSE)
            seconds = process.ask("encode", texts=texts)["seconds"]
            rows[contender]["seconds"].append(seconds)
            print(f"{turn} {contender}: {len(texts) / seconds:.0f} texts/s", file=sys.stderr)
    for row in rows.values():
        row["rate"] = asdict(spread([len(texts) / second for second in row["seconds"]]))
    return rows


def table(title: str, rows: Mapping[str, Any]) -> Table:
    """A row for each contender, fastest first."""
    seconds = {name: row["seconds"] for name, row in rows.items()}
    peer = best_peer(seconds)
    return Table(
        title=f"{title} a second (best peer: {peer})",
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


def cosines(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Mean and minimum cosine of vectors, row by row."""
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return {"mean": float(cosines.mean()), "min": float(cosines.min())}
