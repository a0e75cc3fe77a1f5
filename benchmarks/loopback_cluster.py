"""A Ray cluster of several nodes on this machine, for tests and benchmarks.

Each node has its own raylet, object store and workers, as on a machine of its own. A node that is
killed disappears with everything that runs on it, without a goodbye.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

OBJECT_STORE = 80_000_000
"""Bytes of the object store of a node; the least that Ray accepts is 78,643,200."""
START_SECONDS = 90


class LoopbackCluster:
    """A head, and nodes.

    Args:
        nodes: number of nodes besides the head.
        cores: cores of each node.
        head_cores: cores of the head.

    Attributes:
        address: of the head.
    """

    def __init__(self, nodes: int = 2, *, cores: int = 1, head_cores: int = 0) -> None:
        self._cores, self._head_cores = cores, head_cores
        self._folder = Path(tempfile.mkdtemp(prefix="lw-ray-"))  # short: it holds sockets
        self.address = f"127.0.0.1:{_free_port()}"
        self._groups: dict[int, subprocess.Popen[bytes]] = {}
        self._number = 0
        self._count = nodes

    def __enter__(self) -> Self:
        """Start the head and the nodes."""
        try:
            self.start_head("--head", "--port", self.address.rpartition(":")[2])
            for _ in range(self._count):  # in turn: two at once would choose the same socket names
                self.add_node()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start_head(self, *arguments: str) -> None:
        """Start the head with these arguments of `ray start`."""
        head = self._start(
            *arguments, "--num-cpus", str(self._head_cores),
            "--include-dashboard", "false", "--temp-dir", str(self._folder),
        )  # fmt: skip
        self._wait(head)

    def add_node(self, *arguments: str, wait: bool = True) -> int:
        """Start another node, with these arguments of `ray start` if any; returns its number."""
        arguments = arguments or ("--address", self.address)
        number = self._start(*arguments, "--num-cpus", str(self._cores))
        if wait:
            self._wait(number)
        return number

    @property
    def nodes(self) -> list[int]:
        """The numbers of the nodes that run, without the head, which is 0."""
        return [number for number in self._groups if number]

    def kill_node(self, number: int) -> None:
        """Kill all processes of a node (SIGKILL)."""
        process = self._groups.pop(number)
        _kill_group(process)

    def worker_pids(self, number: int) -> list[int]:
        """Processes of a node that run a worker of Likewise."""
        group = self._groups[number].pid
        return [pid for pid in _processes_of(group) if b"ray::Worker" in _command(pid)]

    def stop(self) -> None:
        """Kill all processes of the cluster, and remove its files."""
        for process in self._groups.values():
            _kill_group(process)
        self._groups = {}
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, *arguments: str) -> int:
        number, self._number = self._number, self._number + 1
        command = [
            str(Path(sys.executable).with_name("ray")), "start", *arguments,
            "--object-store-memory", str(OBJECT_STORE),
            "--disable-usage-stats", "--include-log-monitor", "false", "--block",
        ]  # fmt: skip
        environment = os.environ | {
            "RAY_AUTH_MODE": "disabled",  # a token of the user's own does not matter
            "RAY_health_check_period_ms": "500",  # a killed node is noticed after two seconds,
            "RAY_health_check_timeout_ms": "10000",  # a slow one is not taken for dead
            "RAY_health_check_failure_threshold": "4",
            "RAY_raylet_start_wait_time_s": "20",
        }
        with open(self._log(number), "wb") as log:
            self._groups[number] = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=environment, start_new_session=True,
            )  # fmt: skip
        return number

    def _wait(self, number: int) -> None:
        log, process = self._log(number), self._groups[number]
        end = time.monotonic() + START_SECONDS
        while b"Ray runtime started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"a node did not start:\n{log.read_text()}")
            time.sleep(0.05)

    def _log(self, number: int) -> Path:
        return self._folder / f"node-{number}.log"


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    for pid in _processes_of(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _processes_of(leader: int) -> Iterator[int]:
    """The processes that were started by a process, at any depth, itself included."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    pending = [leader]
    while pending:
        pid = pending.pop()
        yield pid
        pending += children.get(pid, [])


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
