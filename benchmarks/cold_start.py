"""Cold start: process start, import, load, and one sentence."""

from __future__ import annotations

import time
from dataclasses import asdict

from benchmarks.contenders import CONTENDERS, REFERENCE, Contender
from benchmarks.figures import ratios, spread
from benchmarks.options import Options
from benchmarks.processes import ContenderError, Process, check_reference, record_versions
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer, times

QUESTION = "How long does a new process take to its first vector?"
ROUNDS = 5


def run(options: Options) -> Result:
    """Alternate contenders, a new process each time; seconds to the first vector."""
    seconds: dict[str, list[float]] = {}
    versions: dict[str, str] = {}
    notes: list[str] = []
    missing: set[str] = set()
    for _ in range(options.rounds or ROUNDS):
        for contender in options.chosen(CONTENDERS):
            if contender.name in missing:
                continue
            try:
                took = _first_vector(contender, versions)
            except ContenderError as error:
                missing.add(contender.name)
                notes.append(str(error))
                continue
            seconds.setdefault(contender.name, []).append(took)
    check_reference(seconds)
    rows = {
        name: {"seconds": values, "median": asdict(spread(values))}
        for name, values in seconds.items()
    }
    return Result("cold_start", options.command("cold_start"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """Contenders, fastest first."""
    seconds = {name: row["seconds"] for name, row in result.rows.items()}
    peer = best_peer(seconds)
    return [
        Table(
            title=f"A cold process to its first vector (best peer: {peer})",
            head=("contender", "seconds", "× torch float32", "× best peer"),
            rows=tuple(
                (
                    name,
                    f"{spread(seconds[name]).median:.2f}",
                    times(ratios(seconds[REFERENCE], seconds[name])),
                    times(ratios(seconds[peer], seconds[name])),
                )
                for name in sorted(seconds, key=lambda name: spread(seconds[name]).median)
            ),
        )
    ]


def _first_vector(contender: Contender, versions: dict[str, str]) -> float:
    with Process(contender) as process:
        reply = process.ask("load")
        process.ask("encode", texts=["How do I renew my passport?"])
        took = time.perf_counter() - process.started
        record_versions(versions, contender, reply["versions"])
    return took
