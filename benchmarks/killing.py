"""Runs the jobs of a cluster whose parts are killed at random moments, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.loopback_cluster import LoopbackCluster
from likewise.collections.open_collection import open_collection

Kind = Literal["worker", "node", "command"]
"""What is killed."""
RUN_SECONDS = 400.0
"""Longest time of a command between two kills."""


@dataclass(frozen=True)
class Inputs:
    """What a job is given.

    Attributes:
        source: a file of texts.
        options: further options of the command, such as the model.
    """

    source: Path
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A command that runs on a cluster.

    Attributes:
        name: the command.
        output: file that it writes; a collection if it ends in `/`.
        kinds: what is killed, in turn.
        options: of its own; the part of a job that does not run on the cluster is kept short.
    """

    name: str
    output: str
    kinds: tuple[Kind, ...] = ("worker",)
    options: tuple[str, ...] = ()

    def command(self, inputs: Inputs, folder: Path, address: str | None = None) -> list[str]:
        """Runs it and writes into a folder; on a cluster if there is an address."""
        place = ["-o", str(folder / self.output)]
        if self.output.endswith("/"):
            place = ["--into", self.output[:-1], "--store", str(folder / "store")]
        cluster = ["--cluster", address] if address else []
        return [
            sys.executable, "-m", "likewise", self.name, str(inputs.source), *place, "--quiet",
            *inputs.options, *self.options, *cluster,
        ]  # fmt: skip

    def result(self, folder: Path) -> Any:
        """What it wrote, for comparisons."""
        if not self.output.endswith("/"):
            return (folder / self.output).read_bytes()
        table = open_collection(self.output[:-1], store=folder / "store")._table.to_arrow()
        return sorted(table.to_pylist(), key=lambda row: str(row["id"]))


JOBS = (
    Job("encode", "vectors.npy", ("worker", "node", "command")),
    Job("index", "notes/", ("worker", "command")),
    Job("dedupe", "clean.txt", ("worker", "node")),
    Job("cluster", "clusters.csv", options=("--runs", "0")),
    Job("map", "map.csv", options=("--method", "pca")),
)


@dataclass(frozen=True)
class Killing:
    """What is killed, and when.

    Attributes:
        kills: number of kills.
        pause: shortest and longest time between two of them, in seconds.
        seed: of the moments, and of the choice among nodes.
    """

    kills: int
    pause: tuple[float, float] = (0.5, 2.0)
    seed: int = 0


@dataclass(frozen=True)
class Killed:
    """What became of a job.

    Attributes:
        kills: number of kills by kind.
        runs: how often the job ran from the start to its end.
        same: whether each result was that of the undisturbed run.
    """

    kills: dict[str, int]
    runs: int
    same: bool


def undisturbed(job: Job, inputs: Inputs, folder: Path) -> Any:
    """The result of a job in one process.

    Raises:
        CalledProcessError: it failed.
    """
    environment = _own_cache(folder)
    subprocess.run(job.command(inputs, folder), check=True, env=environment)
    return job.result(folder)


def disturbed(
    job: Job,
    inputs: Inputs,
    folder: Path,
    cluster: LoopbackCluster,
    killing: Killing,
    *,
    expected: Any,
) -> Killed:
    """Run a job on a cluster whose parts are killed; from the start again until all kills are done.

    Raises:
        AssertionError: the command failed though nobody had killed it, or it does not end.
    """
    killer = _Killer(cluster, killing)
    runs, same = 0, True
    while killer.counted.total() < killing.kills and same:
        place = folder / str(runs)
        killer.run(job, job.command(inputs, place, cluster.address), _own_cache(place))
        runs += 1
        same = job.result(place) == expected
        shutil.rmtree(place)
    return Killed(dict(killer.counted), runs, same)


class _Killer:
    """Kills parts of a cluster, and the command that uses it.

    Attributes:
        counted: number of kills by kind.
    """

    def __init__(self, cluster: LoopbackCluster, killing: Killing) -> None:
        self.counted: Counter[str] = Counter()
        self._cluster, self._killing = cluster, killing
        self._chance = random.Random(killing.seed)

    def run(self, job: Job, command: list[str], environment: dict[str, str]) -> None:
        """Run a command until it has ended by itself; after its own death it is run again."""

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
            )

        driver, last = start(), time.monotonic()
        while driver.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(self._chance.uniform(*self._killing.pause))
            if time.monotonic() - last > RUN_SECONDS:
                driver.kill()
                raise AssertionError(f"{job.name} did not end in {RUN_SECONDS:.0f} s")
            if driver.poll() is not None or self.counted.total() >= self._killing.kills:
                continue
            kind = job.kinds[self.counted.total() % len(job.kinds)]
            if self._kill(kind, driver):
                self.counted[kind] += 1
                last = time.monotonic()
                driver = start() if kind == "command" else driver
        said = driver.communicate()[1].decode()
        if driver.returncode:
            raise AssertionError(f"{job.name} ended with status {driver.returncode}:\n{said}")

    def _kill(self, kind: Kind, driver: subprocess.Popen[bytes]) -> bool:
        """Kill something (SIGKILL) if a worker runs; returns whether it was killed."""
        nodes = {node: self._cluster.worker_pids(node) for node in self._cluster.nodes}
        busy = [node for node, pids in nodes.items() if pids]
        if not busy:
            return False
        node = self._chance.choice(busy)
        if kind == "node":
            self._cluster.kill_node(node)
            self._cluster.add_node()
        elif kind == "command":
            driver.kill()
            driver.communicate()
        else:
            try:
                os.kill(self._chance.choice(nodes[node]), signal.SIGKILL)
            except ProcessLookupError:
                return False
        return True


def _own_cache(folder: Path) -> dict[str, str]:
    """Variables of a command whose cache is in a new folder, so that nothing is found there."""
    folder.mkdir(parents=True)
    return os.environ | {"LIKEWISE_CACHE": str(folder / "cache")}
