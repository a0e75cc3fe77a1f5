"""Encoding on a Ray cluster of several nodes on this machine: speed and overhead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
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

QUESTION = "How fast does a cluster encode, and is the output that of one process?"
COUNT = 30_000
"""Sentences that are encoded."""


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
    """Encode in one process, on one node and on two."""
    with tempfile.TemporaryDirectory(prefix="likewise-") as name:
        folder = Path(name)
        os.environ["LIKEWISE_CACHE"] = str(folder / "cache")
        rows: dict[str, Any] = {"texts": COUNT}
        source = source_file(options, folder, COUNT)
        timed = {"local": encode(source, folder / "local.npy")}
        for nodes in (1, 2):
            with LoopbackCluster(nodes) as cluster:
                target = folder / f"{nodes}.npy"
                timed[f"{nodes} nodes"] = encode(source, target, cluster.address)
                check_same(target, folder / "local.npy")
        rows["seconds"] = {name: asdict(one) for name, one in timed.items()}
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


def encode(source: Path, target: Path, address: str | None = None) -> Timed:
    """Run the command."""
    started = time.perf_counter()
    done = subprocess.run(command(source, target, address), check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - started
    return Timed(round(seconds, 2), round(json.loads(done.stdout)["seconds"], 2))


def check_same(one: Path, other: Path) -> None:
    """Check that two files are identical.

    Raises:
        AssertionError: they differ.
    """
    if one.read_bytes() != other.read_bytes():
        raise AssertionError(f"{one} differs from {other}")


def tables(result: Result) -> list[Table]:
    """Speed."""
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
    return [
        Table(
            f"{rows['texts']:,} sentences encoded; the output is identical in all runs",
            ("where", "command, s", "encoding, s", "of one node", "of one process on all cores"),
            speed,
        )
    ]
