"""Encoding on a Ray cluster of several nodes on this machine: speed, overhead, kills."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import texts
from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result
from benchmarks.tables import Table
from likewise.analysis.embed_ranges import saved_ranges

QUESTION = "Does a cluster give the results of one process, at what speed, and whatever is killed?"
COUNT = 30_000
"""Sentences that are encoded."""
KILLS = 20
KINDS = ("worker", "node", "command")


@dataclass(frozen=True)
class Timed:
    """One run of a command.

    Attributes:
        seconds: from start to end of the command.
        encoding: seconds of encoding alone.
    """

    seconds: float
    encoding: float


def run(options: Options) -> Result:
    """Encode on one process, one node and two; kill."""
    with tempfile.TemporaryDirectory(prefix="likewise-") as name:
        folder = Path(name)
        os.environ["LIKEWISE_CACHE"] = str(folder / "cache")
        rows: dict[str, Any] = {"texts": COUNT}
        source = source_file(options, folder, COUNT)
        timed = {"local": _encode(source, folder / "local.npy")}
        for nodes in (1, 2):
            with LoopbackCluster(nodes) as cluster:
                target = folder / f"{nodes}.npy"
                timed[f"{nodes} nodes"] = _encode(source, target, cluster.address)
                _same(target, folder / "local.npy")
        rows["seconds"] = {name: asdict(one) for name, one in timed.items()}
        print(json.dumps(rows), file=sys.stderr)
        rows["kills"] = _kills(options, source, folder)
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale", options.command("scale"), rows, versions)


def source_file(options: Options, folder: Path, count: int) -> Path:
    """A file of sentences; they are repeated if there are too few."""
    path = folder / f"{count}.txt"
    lines = texts.sentences(options.data, count)
    path.write_text("\n".join(islice(cycle(lines), count)) + "\n", "utf-8")
    return path


def command(source: Path, target: Path, address: str | None) -> list[str]:
    """Encodes a file."""
    cluster = ["--cluster", address] if address else []
    return [
        sys.executable, "-m", "likewise", "encode", str(source), "-o", str(target),
        "--json", "--quiet", *cluster,
    ]  # fmt: skip


def _encode(source: Path, target: Path, address: str | None = None) -> Timed:
    started = time.perf_counter()
    done = subprocess.run(command(source, target, address), check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - started
    return Timed(round(seconds, 2), round(json.loads(done.stdout)["seconds"], 2))


def _same(one: Path, other: Path) -> None:
    if one.read_bytes() != other.read_bytes():
        raise AssertionError(f"{one} differs from {other}")


def _kills(options: Options, source: Path, folder: Path) -> dict[str, int]:
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
    _same(target, folder / "local.npy")
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
    """Speed, and kills."""
    rows = result.rows
    seconds = rows["seconds"]
    one, local = (seconds[name]["encoding"] for name in ("1 nodes", "local"))
    speed = tuple(
        (
            name, f"{each['seconds']:.1f}", f"{each['encoding']:.1f}",
            f"{one / each['encoding']:.2f}×", f"{local / each['encoding']:.2f}×",
        )
        for name, each in seconds.items()
    )  # fmt: skip
    kills = rows["kills"]
    return [
        Table(
            f"{rows['texts']:,} sentences encoded; the output is identical in all runs",
            ("where", "command, s", "encoding, s", "of one node", "of one process on all cores"),
            speed,
        ),
        Table(
            f"{rows['texts']:,} sentences encoded while parts of the cluster are killed (kill -9)",
            ("kills of", *KINDS, "output identical"),
            (("", *(str(kills.get(kind, 0)) for kind in KINDS), "yes"),),
        ),
    ]
