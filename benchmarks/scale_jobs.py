"""Each job on a Ray cluster of two nodes on this machine, whose parts are killed at random."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from benchmarks.killing import JOBS, Inputs, Killing, Kind, disturbed, undisturbed
from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result, read
from benchmarks.scale import source_file
from benchmarks.tables import Table

QUESTION = "Is the result of each job that of one process, whatever is killed on the way?"
COUNT = 24_000
"""Sentences; up to 20,000, neighbors are not looked for on the cluster."""
KILLS = 20
"""In each job."""
PAUSE = (2.0, 6.0)
"""Seconds between two kills: a part that is killed nine times is taken to end every worker."""
SECTIONS = tuple(job.name for job in JOBS)


def run(options: Options) -> Result:
    """Run each job in one process, then on a cluster whose parts are killed.

    `--only` names jobs; the rows of others are preserved.
    """
    before = read("scale_jobs")
    rows: dict[str, Any] = {"texts": COUNT, "jobs": before.rows["jobs"] if before else {}}
    killing = Killing(options.rounds or KILLS, PAUSE)
    with tempfile.TemporaryDirectory(prefix="likewise-") as name, LoopbackCluster(2) as cluster:
        folder = Path(name)
        inputs = Inputs(source_file(options, folder, COUNT))
        for job in [job for job in JOBS if not options.only or job.name in options.only]:
            expected = undisturbed(job, inputs, folder / job.name / "one")
            many = folder / job.name / "many"
            found = disturbed(job, inputs, many, cluster, killing, expected=expected)
            rows["jobs"][job.name] = asdict(found)
            print(job.name, rows["jobs"][job.name], flush=True)
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_jobs", options.command("scale_jobs"), rows, versions)


def tables(result: Result) -> list[Table]:
    """The kills, and the outcome."""
    kinds = get_args(Kind)
    rows = tuple(
        (
            name, *(str(job["kills"].get(kind, 0)) for kind in kinds), str(job["runs"]),
            "yes" if job["same"] else "no",
        )
        for name, job in result.rows["jobs"].items()
    )  # fmt: skip
    return [
        Table(
            f"Jobs over {result.rows['texts']:,} sentences on two nodes that are killed (kill -9)",
            ("kills of", *kinds, "runs to the end", "result identical"),
            rows,
        )
    ]
