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
NODES, MACHINE = 2, "1x8"
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

    def seconds(self, total: float) -> dict[str, float]:
        """What each part of an encoding took, by the names of a plan.

        Args:
            total: seconds of the whole job.
        """
        (read, counted), (begun, ended) = self.at["reading"], self.at["encoding"]
        return {
            "split": read, "read": counted - read, "encode": ended - begun, "join": total - ended,
            "total": total,
        }  # fmt: skip


def run(options: Options) -> Result:
    """Plan a job, run it, and measure the rate once more."""
    with tempfile.TemporaryDirectory(prefix="likewise-") as name, LoopbackCluster(NODES) as cluster:
        os.environ["LIKEWISE_CACHE"] = f"{name}/cache"
        source = source_file(options, Path(name), COUNT)
        asked = PlanRequest(texts=COUNT, nodes=NODES, machine=MACHINE, sample=source)
        planned = planned_for(asked)
        stages = Stages()
        request = EncodeRequest(source, output=Path(name, "vectors.npy"), cluster=cluster.address)
        encode(request, Session(progress=stages))
        total = stages.now()
        again = planned_for(asked)
    measured = stages.seconds(total)
    rows = {
        "texts": COUNT,
        "nodes": NODES,
        "planned": planned["seconds"],
        "measured": measured,
        "rates": [one["rates"]["texts"] for one in (planned, again)],
    }
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_plan", options.command("scale_plan"), rows, versions)


def planned_for(request: PlanRequest) -> dict[str, Any]:
    """The plan of a job, with the rates of this machine as they are now."""
    return plan(request, Session()).to_dict()


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
