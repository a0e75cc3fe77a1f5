"""Collections: cost of indexing beyond encoding, search latency and recall."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks import texts
from benchmarks.indexing import run_task
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table

QUESTION = "What does indexing cost beyond encoding, and how fast and accurate is search?"
COUNT = 200_000
COMPUTE = "auto"


def run(options: Options) -> Result:
    """Encoding, indexing and search of `COUNT` sentences, each in its own process."""
    count = int(os.environ.get("LIKEWISE_BENCHMARK_COUNT", COUNT))
    rounds = []
    notes = [] if count == COUNT else [f"{count:,} sentences instead of {COUNT:,}"]
    with tempfile.TemporaryDirectory(prefix="likewise-") as folder:
        file = Path(folder) / "sentences.txt"
        file.write_text("\n".join(texts.sentences(options.data, count)) + "\n", "utf-8")
        for turn in range(options.rounds or 1):
            store = str(Path(folder) / f"store{turn}")
            encoded = run_task("encode", data=str(options.data), count=count, compute=COMPUTE)
            print("encode", encoded, file=sys.stderr)
            indexed = run_task("index", file=str(file), store=store, compute=COMPUTE)
            print("index", indexed, file=sys.stderr)
            rounds.append({"encode": encoded, "index": indexed})
        searches = {}
        for mode in ("semantic", "keyword", "hybrid"):
            searches[mode] = run_task(
                "search", data=str(options.data), store=store, compute=COMPUTE, mode=mode
            )
            print(mode, searches[mode], file=sys.stderr)
    rows = {"count": count, "rounds": rounds, "search": searches}
    versions = {name: version(name) for name in ("likewise", "lancedb", "openvino")}
    return Result("collections", options.command("collections"), rows, versions, notes)


def tables(result: Result) -> list[Table]:
    """Indexing by round, search by mode."""
    rows = result.rows
    indexing = tuple(
        (
            str(number),
            f"{turn['encode']['seconds']:.1f}",
            f"{turn['index']['seconds']:.1f}",
            f"{turn['index']['seconds'] / turn['encode']['seconds']:.3f}×",
            f"{turn['index']['kind']}, {turn['index']['estimated_recall']:.3f}",
            f"{turn['index']['peak']:,.0f}",
        )
        for number, turn in enumerate(rows["rounds"], 1)
    )
    searching = tuple(
        (
            mode,
            f"{found['p50']:.1f}",
            f"{found['p99']:.1f}",
            "–" if found["recall"] is None else f"{found['recall']:.4f}",
            f"{found['peak']:,.0f}",
        )
        for mode, found in rows["search"].items()
    )
    return [
        Table(
            title=f"Indexing {rows['count']:,} sentences end to end",
            head=("round", "encoding, s", "indexing, s", "ratio", "index, estimated recall", "MiB"),
            rows=indexing,
        ),
        Table(
            title="Search for the top ten, without encoding the query",
            head=("mode", "p50, ms", "p99, ms", "recall against exact search", "MiB"),
            rows=searching,
        ),
    ]
