"""An encoding on a Ray cluster of two nodes, from ten thousand short texts to a million or more."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import texts
from benchmarks.loopback_cluster import LoopbackCluster
from benchmarks.options import Options
from benchmarks.results import Result, read
from benchmarks.scale_plan import MACHINE, NODES, Stages, planned_for
from benchmarks.tables import Table
from likewise.operations.contract import ComputeName
from likewise.operations.encode import EncodeRequest, encode
from likewise.operations.plan import PlanRequest
from likewise.operations.session import Session

QUESTION = "Does a larger job need more memory, and does it take as long as it was planned?"
COUNTS = ("10000", "100000", "1000000")
"""Texts."""
SECTIONS = (*COUNTS, "10000000")
"""For `--only`; the last one takes hours."""
COMPUTE: ComputeName = "int8"
WORDS = 2
"""Of a text, besides its number: many texts rather than long ones."""
SECONDS = 0.2
"""Between two looks at the memory."""


class Memory:
    """The highest memory of processes, without the files that they map.

    Attributes:
        driver: bytes of this process.
        worker: bytes of the worker that had most.
    """

    def __init__(self, cluster: LoopbackCluster) -> None:
        self._cluster = cluster
        self.driver = self.worker = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at them as long as the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(SECONDS):
            self.driver = max(self.driver, _own(os.getpid()))
            for node in self._cluster.nodes:
                own = (_own(pid) for pid in self._cluster.worker_pids(node))
                self.worker = max(self.worker, *own, 0)


def _own(pid: int) -> int:
    """Bytes of a process that are not of files; 0 if it has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        known = dict(line.split(":", 1) for line in lines)
        return 1024 * sum(int(known[key].split()[0]) for key in ("RssAnon", "RssShmem"))
    return 0


def run(options: Options) -> Result:
    """Plan and run the job for each number of texts. Rows of other numbers are preserved."""
    before = read("scale_sizes")
    rows: dict[str, Any] = dict(before.rows) if before else {}
    with tempfile.TemporaryDirectory(prefix="likewise-") as name, LoopbackCluster(NODES) as cluster:
        os.environ["LIKEWISE_CACHE"] = f"{name}/cache"
        for count in options.only or COUNTS:
            rows[count] = _measured(options, int(count), Path(name), cluster)
            print(count, rows[count], flush=True)
    versions = {name: version(name) for name in ("likewise", "ray")}
    return Result("scale_sizes", options.command("scale_sizes"), rows, versions)


def _measured(options: Options, count: int, folder: Path, cluster: LoopbackCluster) -> Any:
    source, target = folder / "texts.txt", folder / "vectors.npy"
    words = cycle([line.split()[:WORDS] for line in texts.sentences(options.data, 10_000)])
    with open(source, "w", encoding="utf-8") as file:
        file.writelines(f"{' '.join(some)} {n}\n" for n, some in enumerate(islice(words, count)))
    planned = planned_for(
        PlanRequest(
            texts=count, nodes=NODES, machine=MACHINE, sample=source, compute=COMPUTE
        )
    )  # fmt: skip
    stages, memory = Stages(), Memory(cluster)
    request = EncodeRequest(source, output=target, compute=COMPUTE, cluster=cluster.address)
    with memory.watched():
        encode(request, Session(progress=stages))
        measured = stages.seconds(stages.now())
    target.unlink()
    mebibytes = {"driver": memory.driver / 2**20, "worker": memory.worker / 2**20}
    return {
        "planned": planned["seconds"], "measured": measured, "ranges": planned["ranges"],
        "mebibytes": {name: round(value) for name, value in mebibytes.items()},
    }  # fmt: skip


def tables(result: Result) -> list[Table]:
    """Time and memory by the number of texts."""
    rows = sorted(result.rows.items(), key=lambda item: int(item[0]))
    return [
        Table(
            f"Short texts encoded on {NODES} nodes of one core, {COMPUTE}",
            (
                "texts", "ranges", "planned, s", "measured, s", "planned / measured",
                "driver, MiB", "worker, MiB",
            ),
            tuple(
                (
                    f"{int(count):,}", f"{row['ranges']:,}", f"{row['planned']['total']:.1f}",
                    f"{row['measured']['total']:.1f}",
                    f"{row['planned']['total'] / row['measured']['total']:.2f}",
                    *(f"{row['mebibytes'][name]:,}" for name in ("driver", "worker")),
                )
                for count, row in rows
            ),
        )
    ]  # fmt: skip
