"""Duplicates on a Ray cluster of two nodes on this machine, and in one process."""

from __future__ import annotations

import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.scale import source_file
from benchmarks.tables import Table
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.session import Session

QUESTION = "Does a cluster find exactly the duplicates that one process finds?"
COUNT = 30_000
"""Sentences; up to 20,000, every pair is compared in one process."""


def run(options: Options) -> Result:
    """Encode once, then look for duplicates on a cluster and in one process."""
    rows: dict[str, Any] = {"texts": COUNT}
    with tempfile.TemporaryDirectory(prefix="likewise-") as name:
        os.environ["LIKEWISE_CACHE"] = name
        source = source_file(options, Path(name), COUNT)
        session, found = Session(), {}
        with LoopbackCluster(2) as cluster:
            for where, address in (("cluster", cluster.address), ("local", None)):
                started = time.perf_counter()
                request = DedupeRequest(files=(str(source),), cluster=address)
                found[where] = dedupe(request, session).to_dict()
                rows[where] = round(time.perf_counter() - started, 1)
                for graph in Path(name).rglob("neighbors.npz"):
                    graph.unlink()  # the vectors stay
    local = found["local"]
    rows |= {"same": found["cluster"] == local, "recall": local["neighbor_recall"]}
    rows |= {key: local[key] for key in ("kept", "exact", "near", "edited")}
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_dedupe", options.command("scale_dedupe"), rows, versions)


def tables(result: Result) -> list[Table]:
    """The duplicates, and whether they are the same."""
    rows = result.rows
    return [
        Table(
            f"Duplicates of {rows['texts']:,} sentences",
            ("kept", "exact", "near", "edited", "recall of the graph", "the same on the cluster"),
            ((
                *(f"{rows[key]:,}" for key in ("kept", "exact", "near", "edited")),
                f"{rows['recall']:.3f}", "yes" if rows["same"] else "no",
            ),),
        )
    ]  # fmt: skip
