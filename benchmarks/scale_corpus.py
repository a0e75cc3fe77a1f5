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
from benchmarks.results import Result
from benchmarks.scale import source_file
from benchmarks.tables import Table
from likewise.operations.cluster import ClusterRequest, cluster
from likewise.operations.contract import ComputeName
from likewise.operations.dedupe import DedupeRequest, dedupe
from likewise.operations.session import Session

QUESTION = "Does a cluster find exactly the duplicates and the groups that one process finds?"
COUNT = 200_000
"""Sentences; up to 20,000, every pair is compared in one process."""
COMPUTE: ComputeName = "int8"


def run(options: Options) -> Result:
    """Encode once, then look for duplicates and groups on a cluster and in one process."""
    rows: dict[str, Any] = {"texts": COUNT, "compute": COMPUTE, "seconds": {}}
    with tempfile.TemporaryDirectory(prefix="likewise-") as name:
        os.environ["LIKEWISE_CACHE"] = name
        files = (str(source_file(options, Path(name), COUNT)),)
        session, found, labels = Session(), {}, {}
        with LoopbackCluster(2) as nodes:
            for where, address in (("cluster", nodes.address), ("local", None)):
                started = time.perf_counter()
                request = DedupeRequest(files=files, compute=COMPUTE, cluster=address)
                found[where] = dedupe(request, session).to_dict()
                deduped = time.perf_counter()
                grouping = ClusterRequest(files=files, compute=COMPUTE, runs=0, cluster=address)
                labels[where] = cluster(grouping, session).clusters.labels
                ended = time.perf_counter()
                rows["seconds"][where] = [round(deduped - started, 1), round(ended - deduped, 1)]
                print(where, rows["seconds"][where], flush=True)
                for graph in Path(name).rglob("neighbors.npz"):
                    graph.unlink()  # the vectors stay
    local = found["local"]
    rows |= {"same": found["cluster"] == local, "recall": local["neighbor_recall"]}
    rows |= {key: local[key] for key in ("kept", "exact", "near", "edited")}
    rows["clusters"] = int(labels["local"].max()) + 1
    rows["adjusted_rand"] = float(adjusted_rand_score(labels["local"], labels["cluster"]))
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_corpus", options.command("scale_corpus"), rows, versions)


def tables(result: Result) -> list[Table]:
    """The duplicates and the groups, and whether they are the same."""
    rows = result.rows
    counts = ("kept", "exact", "near", "edited")
    return [
        Table(
            f"Duplicates of {rows['texts']:,} sentences, {rows['compute']}",
            (*counts, "recall of the graph", "the same on the cluster"),
            ((
                *(f"{rows[key]:,}" for key in counts),
                f"{rows['recall']:.3f}", "yes" if rows["same"] else "no",
            ),),
        ),
        Table(
            f"Groups of {rows['texts']:,} sentences",
            ("clusters", "adjusted Rand index of those of the cluster of machines"),
            ((f"{rows['clusters']:,}", f"{rows['adjusted_rand']:.3f}"),),
        ),
    ]  # fmt: skip
