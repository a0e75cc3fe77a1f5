"""Peak memory of processes that encode 20,000 and 200,000 sentences."""

from __future__ import annotations

import sys

from benchmarks.contenders import CONTENDERS
from benchmarks.options import Options
from benchmarks.processes import ContenderError, Process, record_versions
from benchmarks.results import Result, read
from benchmarks.tables import Table
from benchmarks.texts import sentences_file

QUESTION = "How much memory does encoding take, and does it grow with the number of texts?"
SMALL, LARGE = 20_000, 200_000
SLOW = ("torch", "fastembed", "onnx")
"""Adapters that are too slow for the large count; nothing is extrapolated for them."""


def run(options: Options) -> Result:
    """A process for each contender and count. Rows of other contenders are preserved."""
    before = read("memory")
    rows = dict(before.rows) if before else {}
    versions = dict(before.versions) if before else {}
    notes: list[str] = []
    file = str(sentences_file(options.data))
    for contender in options.chosen(CONTENDERS):
        counts = (SMALL,) if contender.adapter in SLOW else (SMALL, LARGE)
        ways = {"memory": contender.name}
        if contender.ours:
            ways["stream"] = f"{contender.name}, encode_stream"
        for way, name in ways.items():
            rows.pop(name, None)
            for count in counts:
                try:
                    with Process(contender) as process:
                        record_versions(versions, contender, process.ask("load")["versions"])
                        found = process.ask(way, file=file, count=count)
                except ContenderError as error:
                    notes.append(str(error))
                    break
                rows.setdefault(name, {})[str(count)] = found
                print(name, count, found, file=sys.stderr)
    return Result("memory", options.command("memory"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """Contenders, lowest first; `growth` is what 200,000 need beyond 20,000 and their vectors."""
    rows = result.rows
    return [
        Table(
            title="Peak memory of a process that encodes sentences, MiB",
            head=("contender", "20,000", "200,000", "growth beside the vectors"),
            rows=tuple(
                (
                    name,
                    f"{rows[name][str(SMALL)]['peak']:,.0f}",
                    f"{rows[name][str(LARGE)]['peak']:,.0f}" if str(LARGE) in rows[name] else "–",
                    _growth(rows[name]),
                )
                for name in sorted(rows, key=lambda name: rows[name][str(SMALL)]["peak"])
            ),
        )
    ]


def _growth(row: dict[str, dict[str, float]]) -> str:
    if str(LARGE) not in row:
        return "–"
    small, large = (row[str(n)]["peak"] - row[str(n)]["output"] for n in (SMALL, LARGE))
    return f"{large - small:+.0f}"
