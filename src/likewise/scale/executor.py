"""Runs tasks on the workers of a Ray cluster; workers and nodes may die at any time.

Each worker is an actor that holds its own model and a group of cores. Tasks and results are small;
data is read from and written to a disk that all nodes share, so no data passes through the driver.
A worker gets its next task when it has finished the last one. The task of a worker that died is
given to another one.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from likewise.errors import EngineError, InputError
from likewise.executor import AHEAD, Finished, Work
from likewise.scale.worker import Worker

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

MOST_LOSSES = 8
"""Workers that a task may lose before it is blamed for it."""
MOST_FAILED_STARTS = 20
"""Workers in a row that may end before they run."""
_LOOK = 2.0
"""Seconds after which new and lost nodes are looked for."""
_log = logging.getLogger("likewise")


class RayExecutor:
    """An executor on a Ray cluster that this process is connected to; see `cluster_executor`.

    Args:
        ray: the package `ray`, initialized.
        cores: number of cores of each worker.
    """

    def __init__(self, ray: ModuleType, *, cores: int = 1) -> None:
        self._ray, self._cores = ray, cores

    @property
    def workers(self) -> int:
        """Number of workers that the nodes have room for; at least 1."""
        return max(1, self.room())

    def run(self, work: Work[S, T, R], tasks: Iterable[T]) -> Iterator[Finished[R]]:
        """Run tasks; see `Executor.run`.

        Raises:
            LikewiseError: a task has raised it.
            EngineError: a task has ended several workers, or no worker starts.
            InputError: the work cannot be pickled.
        """
        try:
            pickled = pickle.dumps(work)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"the model cannot be sent to the workers: {error}",
                hint="load it with likewise.load; classes of your own belong in a module",
            ) from error
        pool = _Pool(self, self._ray, pickled, self._cores)
        most = len(tasks) if isinstance(tasks, Sized) else None
        try:
            yield from pool.run(tasks, most)
        finally:
            pool.close()

    def room(self) -> int:
        """Number of workers that the nodes have room for now."""
        nodes = (node["Resources"] for node in self._ray.nodes() if node["Alive"])
        return sum(int(resources.get("CPU", 0)) // self._cores for resources in nodes)


@dataclass(frozen=True)
class _Task:
    """A task, with its number."""

    number: int
    value: Any


@dataclass(frozen=True)
class _Waiting:
    """A call of a worker that has not returned; `task` is None while it starts."""

    worker: Any
    task: _Task | None = None


class _Pool:
    """The workers of one run."""

    def __init__(self, executor: RayExecutor, ray: ModuleType, work: bytes, cores: int) -> None:
        self._executor, self._ray = executor, ray
        options = {"num_cpus": cores, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        self._worker: Any = ray.remote(**options)(Worker)
        self._arguments = (work, cores)
        self._waiting: dict[Any, _Waiting] = {}
        self._idle: list[Any] = []
        self._retry: deque[_Task] = deque()
        self._begun = 0
        self._losses: Counter[int] = Counter()
        self._failed_starts = 0

    def run(self, tasks: Iterable[Any], most: int | None) -> Iterator[Finished[Any]]:
        """Run tasks on at most that many workers."""
        source = (_Task(number, value) for number, value in enumerate(tasks))
        looked = -_LOOK
        while True:
            if time.monotonic() - looked >= _LOOK:
                self._grow(most)
                looked = time.monotonic()
            self._assign(source)
            if not any(call.task for call in self._waiting.values()) and self._idle:
                return  # workers are free, and there is no task for them
            ready, _ = self._ray.wait(list(self._waiting), timeout=_LOOK)
            for reference in ready:
                if finished := self._take(reference):
                    yield finished

    def close(self) -> None:
        """End all workers."""
        for worker in [*self._idle, *(call.worker for call in self._waiting.values())]:
            self._end(worker)
        self._waiting, self._idle = {}, []

    def _grow(self, most: int | None) -> None:
        """Start workers where nodes have joined, or where workers have died."""
        room = self._executor.room()
        wanted = room if most is None else min(room, most)
        for _ in range(wanted - len(self._waiting) - len(self._idle)):
            worker = self._worker.remote(*self._arguments)
            self._waiting[worker.ready.remote()] = _Waiting(worker)

    def _assign(self, source: Iterator[_Task]) -> None:
        while self._idle:
            if self._retry:
                task = self._retry.popleft()
            elif self._is_far_ahead() or (found := next(source, None)) is None:
                return
            else:
                task, self._begun = found, found.number + 1
            worker = self._idle.pop()
            self._waiting[worker.run.remote(task.value)] = _Waiting(worker, task)

    def _is_far_ahead(self) -> bool:
        """Whether the next task must wait for the earliest unfinished one."""
        unfinished = (call.task.number for call in self._waiting.values() if call.task)
        workers = len(self._waiting) + len(self._idle)
        return self._begun - min(unfinished, default=self._begun) >= AHEAD * workers

    def _take(self, reference: Any) -> Finished[Any] | None:
        """The result of a call; None if there is none.

        Raises:
            LikewiseError: the task has raised it.
            EngineError: workers end again and again.
        """
        call = self._waiting.pop(reference)
        errors = self._ray.exceptions
        try:
            outcome = self._ray.get(reference)
        except errors.RayTaskError:
            self._end(call.worker)
            raise
        except errors.RayError as error:
            self._lost(call, error)
            return None
        self._idle.append(call.worker)
        if call.task is None:
            self._failed_starts = 0
            return None
        if outcome.error is not None:
            raise outcome.error
        return Finished(call.task.number, outcome.result)

    def _lost(self, call: _Waiting, error: Exception) -> None:
        reason = str(error).strip().splitlines()[0]
        _log.info("a worker was lost, and its task is run again: %s", reason)
        self._end(call.worker)
        if call.task is None:
            self._failed_starts += 1
            if self._failed_starts > MOST_FAILED_STARTS:
                raise EngineError(
                    f"workers end before they run: {reason}",
                    hint="look at the logs of Ray on the nodes",
                )
            return
        self._retry.append(call.task)
        self._losses[call.task.number] += 1
        if self._losses[call.task.number] > MOST_LOSSES:
            raise EngineError(
                f"part {call.task.number} of the job has ended {MOST_LOSSES + 1} workers: {reason}",
                hint="give each worker more memory, or use fewer workers on a node",
            )

    def _end(self, worker: Any) -> None:
        self._ray.kill(worker, no_restart=True)
