"""Search as one types: the time of each keystroke over HTTP, on collections of two sizes."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import servers, texts
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.hub.catalog import DEFAULT

QUESTION = "How long does each keystroke of a search take over HTTP, as the workspace asks?"
COUNTS = (50_000, 200_000)
QUERIES = 12
"""Queries that are typed, letter by letter."""
FIRST = 3
"""Letters from which a query is measured."""
HITS = 20
"""Hits of a search, as the workspace asks for them."""
MODES = ("semantic", "keyword", "hybrid")
KINDS = ("note", "question", "mail", "report")
"""Values of a made-up column, so that there are filters."""


def run(options: Options) -> Result:
    """Index sentences, start the server, and type."""
    counts = os.environ.get("LIKEWISE_BENCHMARK_COUNT", "")
    sizes = tuple(int(each) for each in counts.split(",") if each) or COUNTS
    rows = {}
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        place = Path(folder)
        for count in sizes:
            rows[str(count)] = _measure(options.data, place, count)
            print(count, rows[str(count)], file=sys.stderr)
    versions = {name: version(name) for name in ("likewise", "lancedb")}
    notes = [] if sizes == COUNTS else [f"other sizes than {COUNTS}"]
    return Result("keystrokes", options.command("keystrokes"), {"sizes": rows}, versions, notes)


def tables(result: Result) -> list[Table]:
    """Milliseconds by size and mode."""
    rows = []
    for count, found in result.rows["sizes"].items():
        for name, times in found.items():
            figures = (f"{times[key]:.0f}" for key in ("p50", "p95", "max"))
            rows.append((f"{int(count):,}", name, str(times["calls"]), *figures))
    head = ("records", "what", "calls", "median, ms", "95%, ms", "longest, ms")
    return [Table("Calls of one browser, one after the other", head, tuple(rows))]


def _measure(data: Path, place: Path, count: int) -> dict[str, dict[str, float]]:
    store, file = place / f"store{count}", place / f"sentences{count}.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for text in texts.sentences(data, count):
            row = {"text": text, "kind": KINDS[len(text) % len(KINDS)], "length": len(text)}
            out.write(json.dumps(row) + "\n")
    command = [
        sys.executable, "-m", "likewise", "index", str(file), "--into", "sentences",
        "--store", str(store), "--quiet",
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    alias = f"model={DEFAULT}"
    with servers.running("likewise", DEFAULT, "--store", str(store), "--alias", alias) as server:
        calls = _Calls(server.port)
        found = {}
        for mode in MODES:
            asked: list[Any] = [
                {"query": text, "mode": mode, "top_k": HITS} for text in _typed(data)
            ]
            calls.times("search", asked[:HITS])  # the first calls load the model and the index
            found[mode] = calls.times("search", asked)
        narrow = {"where": f"kind = '{KINDS[0]}'", "top": 50}
        found["filtered"] = calls.times(
            "search", [each | {"where": narrow["where"]} for each in asked]
        )
        found["facets"] = calls.times("facets", [{"top": 50}] * HITS)
        found["facets, filtered"] = calls.times("facets", [narrow] * HITS)
    return found


def _typed(data: Path) -> Iterator[str]:
    """Every beginning of some queries, as they are typed."""
    for query in texts.queries(data, 400)[:: 400 // QUERIES][:QUERIES]:
        for end in range(FIRST, len(query) + 1):
            if query[:end].strip():
                yield query[:end]


class _Calls:
    """Calls over one connection, as a browser makes them.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def times(self, what: str, bodies: list[Any]) -> dict[str, float]:
        """Milliseconds of calls: `p50`, `p95`, `max`, and the number of `calls`."""
        found = []
        for body in bodies:
            started = time.perf_counter()
            self._connection.request(
                "POST", f"/api/v1/collections/sentences/{what}", json.dumps(body),
                {"Content-Type": "application/json"},
            )  # fmt: skip
            answer = self._connection.getresponse()
            content = answer.read()
            found.append(1000 * (time.perf_counter() - started))
            if answer.status != http.client.OK:
                raise RuntimeError(content.decode())
        p50, p95 = np.percentile(found, [50, 95])
        figures = {"p50": float(p50), "p95": float(p95), "max": max(found), "calls": len(found)}
        return {name: round(value, 1) for name, value in figures.items()}
