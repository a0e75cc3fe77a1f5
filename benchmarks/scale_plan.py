"""`likewise plan` against a run: the time of each stage on a Ray cluster on this machine."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.scale import source_file
from benchmarks.tables import Table
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.plan import PlanRequest, plan
from likewise.operations.session import Session
from likewise.progress import Progress

QUESTION = "Does a job on a cluster take as long as it was planned?"
COUNT = 100_000
"""Sentences."""
NODES = 2
"""Nodes of one core."""


class Stages:
    """Times of the stages of a job.

    Attributes:
        at: seconds after the start at which each stage began and ended, by its title.
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.at: dict[str, list[float]] = {}

    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    @contextmanager
    def __call__(
        self,
        total: int | None,  # noqa: ARG002 - the signature of a progress factory
        *,
        title: str,
        unit: str = "texts",  # noqa: ARG002
    ) -> Iterator[Progress]:
        """Time a stage."""
        begun = self.now()
        yield Progress()
        self.at[title] = [begun, self.now()]


def run(options: Options) -> Result:
    """Plan a job, run it, and measure the rate once more."""
    with tempfile.TemporaryDirectory(prefix="likewise-") as name, LoopbackCluster(NODES) as cluster:
        os.environ["LIKEWISE_CACHE"] = f"{name}/cache"
        source = source_file(options, Path(name), COUNT)
        planned = _plan(source)
        stages = Stages()
        request = EncodeRequest(source, output=Path(name, "vectors.npy"), cluster=cluster.address)
        encode(request, Session(progress=stages))
        total = stages.now()
        again = _plan(source)
    measured = _measured(stages, total)
    rows = {
        "texts": COUNT,
        "nodes": NODES,
        "planned": planned["seconds"],
        "measured": measured,
        "rates": [one["rates"]["texts"] for one in (planned, again)],
    }
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_plan", options.command("scale_plan"), rows, versions)


def _plan(source: Path) -> dict[str, Any]:
    request = PlanRequest(texts=COUNT, nodes=NODES, machine="1x8", sample=source)
    return plan(request, Session()).to_dict()


def _measured(stages: Stages, total: float) -> dict[str, float]:
    (read, counted), (begun, ended) = stages.at["reading"], stages.at["encoding"]
    return {
        "split": read, "read": counted - read, "encode": ended - begun, "join": total - ended,
        "total": total,
    }  # fmt: skip


def tables(result: Result) -> list[Table]:
    """Each stage, planned and measured."""
    rows = result.rows
    planned, measured = rows["planned"], rows["measured"]
    first, last = rows["rates"]
    return [
        Table(
            f"{rows['texts']:,} sentences on {rows['nodes']} nodes of one core; a core encoded "
            f"{first:,.0f} texts/s before the run, {last:,.0f} after it",
            ("stage", "planned, s", "measured, s", "planned / measured"),
            tuple(
                (
                    stage, f"{planned[stage]:.1f}", f"{seconds:.1f}",
                    f"{planned[stage] / seconds:.2f}",
                )
                for stage, seconds in measured.items()
            ),
        )
    ]  # fmt: skip
