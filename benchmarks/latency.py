"""Latency of one short query on a warm model."""

from __future__ import annotations

import time

from benchmarks.contenders import CONTENDERS, REFERENCE
from benchmarks.figures import percentile, ratios
from benchmarks.options import Options
from benchmarks.processes import check_reference, loaded
from benchmarks.results import Result
from benchmarks.tables import Table, best_peer, times
from benchmarks.texts import queries

QUESTION = "How long does one short query take?"
ROUNDS = 6
QUERIES = 60
"""Queries of each contender in each round; every round has other queries."""


def run(options: Options) -> Result:
    """Alternate contenders, 60 queries each; seconds of every query."""
    rounds = options.rounds or ROUNDS
    texts = queries(options.data, QUERIES * rounds)
    with loaded(options.chosen(CONTENDERS)) as field:
        check_reference(field.processes)
        # some contenders compile for each length: warm all of them up before measuring
        for process in field.processes.values():
            process.ask("each", texts=texts)
        seconds: dict[str, list[list[float]]] = {name: [] for name in field.processes}
        for turn in range(rounds):
            for name, process in field.processes.items():
                time.sleep(0.3)
                part = texts[turn * QUERIES : (turn + 1) * QUERIES]
                seconds[name].append(process.ask("each", texts=part)["seconds"])
    rows = {name: _row(parts) for name, parts in seconds.items()}
    return Result("latency", options.command("latency"), rows, field.versions, field.notes)


def tables(result: Result) -> list[Table]:
    """A row for each contender, fastest first."""
    rows = result.rows
    p50 = {name: row["p50 by round"] for name, row in rows.items()}
    peer = best_peer(p50)
    return [
        Table(
            title=f"One short query, warm (best peer: {peer})",
            head=("contender", "p50", "p95", "× torch float32", "× best peer"),
            rows=tuple(
                (
                    name,
                    f"{rows[name]['p50'] * 1e3:.2f} ms",
                    f"{rows[name]['p95'] * 1e3:.2f} ms",
                    times(ratios(p50[REFERENCE], p50[name])),
                    times(ratios(p50[peer], p50[name])),
                )
                for name in sorted(rows, key=lambda name: rows[name]["p50"])
            ),
        )
    ]


def _row(parts: list[list[float]]) -> dict[str, object]:
    every = [second for part in parts for second in part]
    return {
        "queries": len(every),
        "p50": percentile(every, 50),
        "p95": percentile(every, 95),
        "p50 by round": [percentile(part, 50) for part in parts],
    }
