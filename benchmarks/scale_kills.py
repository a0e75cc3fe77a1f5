"""Encoding on a Ray cluster of two nodes on this machine, whose parts are killed at random."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.scale import check_same, command, encode, source_file
from benchmarks.tables import Table
from likewise.analysis.embed_ranges import saved_ranges

QUESTION = "Is the output that of one process, whatever is killed on the way?"
COUNT = 30_000
"""Sentences that are encoded."""
KILLS = 20
KINDS = ("worker", "node", "command")


def run(options: Options) -> Result:
    """Encode in one process, then on a cluster whose parts are killed."""
    with tempfile.TemporaryDirectory(prefix="likewise-") as name:
        folder = Path(name)
        os.environ["LIKEWISE_CACHE"] = str(folder / "cache")
        source = source_file(options, folder, COUNT)
        encode(source, folder / "local.npy")
        rows: dict[str, Any] = {"texts": COUNT, "kills": _killed(options, source, folder)}
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_kills", options.command("scale_kills"), rows, versions)


def _killed(options: Options, source: Path, folder: Path) -> dict[str, int]:
    """Kill workers, nodes and the command itself at random moments of one job."""
    chance = random.Random(0)
    target = folder / "killed.npy"
    wanted = options.rounds or KILLS
    counted: Counter[str] = Counter()
    with LoopbackCluster(2) as cluster:
        again = command(source, target, cluster.address)
        driver = subprocess.Popen(again, stdout=subprocess.DEVNULL)
        saved = 0
        while driver.poll() is None or not target.exists():
            if driver.poll() is not None:
                driver = subprocess.Popen(again, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.5, 4))
            now = saved_ranges(target)
            if not target.exists() and now < saved:
                raise AssertionError(f"{saved - now} committed texts were lost")
            saved = max(saved, now)
            if saved and not target.exists() and sum(counted.values()) < wanted:
                kind = KINDS[sum(counted.values()) % len(KINDS)]
                counted[kind] += _kill(kind, cluster, driver, chance)
        driver.wait()
    check_same(target, folder / "local.npy")
    return dict(counted)


def _kill(
    kind: str, cluster: LoopbackCluster, driver: subprocess.Popen[bytes], chance: random.Random
) -> int:
    """Kill something; returns the number of things that were killed."""
    if kind == "command":
        driver.kill()
        driver.wait()
        return 1
    node = chance.choice(cluster.nodes)
    if kind == "node":
        cluster.kill_node(node)
        cluster.add_node()
        return 1
    for pid in cluster.worker_pids(node)[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return 1
    return 0


def tables(result: Result) -> list[Table]:
    """The kills, and the outcome."""
    kills = result.rows["kills"]
    return [
        Table(
            f"{result.rows['texts']:,} sentences encoded on two nodes that are killed (kill -9)",
            ("kills of", *KINDS, "output identical"),
            (("", *(str(kills.get(kind, 0)) for kind in KINDS), "yes"),),
        )
    ]
