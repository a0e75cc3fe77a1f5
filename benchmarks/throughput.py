"""Many texts at once: sentences a second, documents a second."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.contenders import CONTENDERS, REFERENCE
from benchmarks.figures import ratios, spread
from benchmarks.options import Options
from benchmarks.processes import Process, loaded
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer, shown, times
from benchmarks.texts import documents, sentences

CLAIM = "Encodes many texts several times faster than any peer, with the same vectors"
ROUNDS = 3
SENTENCES, DOCUMENTS = 4000, 300
PAUSE = 0.3
"""Seconds between turns, for threads that spin a while after their work."""


def run(options: Options) -> Result:
    """Contenders in turn, round after round; seconds for each round, and cosine to float32."""
    texts = {
        "sentences": sentences(options.data, SENTENCES),
        "documents": documents(options.data, DOCUMENTS),
    }
    with loaded(options.chosen(CONTENDERS)) as field:
        reference = _vectors(field.processes[REFERENCE], texts["sentences"][:500])
        rows = {
            name: {
                "cosine": _cosines(reference, _vectors(process, texts["sentences"][:500])),
                "seconds": {kind: [] for kind in texts},
            }
            for name, process in field.processes.items()
        }
        for kind, some in texts.items():
            for process in field.processes.values():
                process.ask("encode", texts=some[: len(some) // 10])
            for turn in range(options.rounds or ROUNDS):
                for name, process in field.processes.items():
                    time.sleep(PAUSE)
                    seconds = process.ask("encode", texts=some)["seconds"]
                    rows[name]["seconds"][kind].append(seconds)
                    print(f"{turn} {name}: {len(some) / seconds:.0f} {kind}/s", file=sys.stderr)
        for row in rows.values():
            row["rate"] = {
                kind: asdict(spread([len(some) / s for s in row["seconds"][kind]]))
                for kind, some in texts.items()
            }
    return Result("throughput", options.command("throughput"), rows, field.versions, field.notes)


def tables(result: Result) -> list[Table]:
    """One table a kind of text, fastest first."""
    return [_table(result, kind) for kind in ("sentences", "documents")]


def _table(result: Result, kind: str) -> Table:
    rows = result.rows
    seconds = {name: row["seconds"][kind] for name, row in rows.items()}
    peer = best_peer(seconds)
    return Table(
        title=f"{kind.capitalize()} a second (best peer: {peer})",
        head=("contender", f"{kind}/s", "× torch float32", "× best peer", "cosine mean (min)"),
        rows=tuple(
            (
                name,
                f"{rows[name]['rate'][kind]['median']:,.0f}",
                times(ratios(seconds[REFERENCE], seconds[name])),
                times(ratios(seconds[peer], seconds[name])),
                shown(rows[name]["cosine"]),
            )
            for name in sorted(rows, key=lambda name: -rows[name]["rate"][kind]["median"])
        ),
    )


def _vectors(process: Process, texts: list[str]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npy"
        process.ask("encode", texts=texts, save=str(path))
        return np.load(path)


def _cosines(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    a, b = (m / np.linalg.norm(m, axis=1, keepdims=True) for m in (a, b))
    cosines = (a * b).sum(1)
    return {"mean": float(cosines.mean()), "min": float(cosines.min())}
