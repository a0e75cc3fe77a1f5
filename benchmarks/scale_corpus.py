"""Duplicates and clusters on a Ray cluster of two nodes on this machine, and in one process."""

from __future__ import annotations

import os
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sklearn.metrics import adjusted_rand_score

from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result, read
from benchmarks.scale import source_file
from benchmarks.tables import Table
from likewise.operations.cluster import ClusterRequest, cluster
from likewise.operations.contract import ComputeName
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.session import Session

QUESTION = "Does a cluster find exactly the duplicates and the groups that one process finds?"
SECTIONS = ("30000", "200000")
"""Sentences; up to 20,000, every pair is compared in one process."""
COMPUTE: ComputeName = "int8"
KINDS = ("kept", "exact", "near", "edited")
"""Counts of a result of `dedupe`."""


def run(options: Options) -> Result:
    """Measure each number of texts. Rows of other numbers are preserved."""
    before = read("scale_corpus")
    rows: dict[str, Any] = dict(before.rows) if before else {}
    for count in options.only or SECTIONS:
        rows[count] = _measured(options, int(count))
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_corpus", options.command("scale_corpus"), rows, versions)


def _measured(options: Options, count: int) -> dict[str, Any]:
    """Encode once, then look for duplicates and groups on a cluster and in one process."""
    seconds, found, labels = {}, {}, {}
    with tempfile.TemporaryDirectory(prefix="likewise-") as name, LoopbackCluster(2) as nodes:
        os.environ["LIKEWISE_CACHE"] = name
        files = (str(source_file(options, Path(name), count)),)
        session = Session()
        for where, address in (("cluster", nodes.address), ("local", None)):
            started = time.perf_counter()
            request = DedupeRequest(files=files, compute=COMPUTE, cluster=address)
            found[where] = dedupe(request, session).to_dict()
            deduped = time.perf_counter()
            grouping = ClusterRequest(files=files, compute=COMPUTE, runs=0, cluster=address)
            labels[where] = cluster(grouping, session).clusters.labels
            ended = time.perf_counter()
            seconds[where] = [round(deduped - started, 1), round(ended - deduped, 1)]
            print(count, where, seconds[where], flush=True)
            for graph in Path(name).rglob("neighbors.npz"):
                graph.unlink()  # the vectors stay
    local = found["local"]
    return {
        "compute": COMPUTE,
        "seconds": seconds,
        "same": found["cluster"] == local,
        "recall": local["neighbor_recall"],
        **{key: local[key] for key in KINDS},
        "clusters": int(labels["local"].max()) + 1,
        "adjusted_rand": float(adjusted_rand_score(labels["local"], labels["cluster"])),
    }


def tables(result: Result) -> list[Table]:
    """The duplicates and the groups, and whether they are the same."""
    rows = sorted(result.rows.items(), key=lambda item: int(item[0]))
    return [
        Table(
            f"Duplicates and groups of sentences, {COMPUTE}",
            (
                "sentences", *KINDS, "recall of the graph", "the same on the cluster", "groups",
                "adjusted Rand index of the groups",
            ),
            tuple(
                (
                    f"{int(count):,}", *(f"{row[key]:,}" for key in KINDS), f"{row['recall']:.3f}",
                    "yes" if row["same"] else "no", f"{row['clusters']:,}",
                    f"{row['adjusted_rand']:.3f}",
                )
                for count, row in rows
            ),
        )
    ]  # fmt: skip
