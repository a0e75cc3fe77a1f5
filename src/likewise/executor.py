"""Where the pieces of a job run: the protocol, and the executor that uses this process.

An executor runs tasks at least once and returns the result of each exactly once, in the order in
which they finish. So a task must give the same result whenever it runs, and must not be harmed by
another run of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

AHEAD = 16
"""Tasks for each worker that may be begun while an earlier one is unfinished. Where results are
used in their order, they wait for it in memory."""

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[S, T_contra, R_co]):
    """One kind of task. Pickled once for each worker."""

    def start(self) -> S:
        """What a worker holds for all its tasks, such as a model."""
        ...

    def run(self, state: S, task: T_contra) -> R_co:
        """Run one task.

        Args:
            state: the result of `start`.
            task: a small picklable value, such as a range of a file.
        """
        ...


@dataclass(frozen=True)
class Finished(Generic[R]):
    """A finished task.

    Attributes:
        number: of the task, from 0.
        result: what `Work.run` returned.
    """

    number: int
    result: R


class Executor(Protocol):
    """Runs tasks; `LocalExecutor` and `likewise.scale.RayExecutor` are two."""

    @property
    def workers(self) -> int:
        """Number of tasks that run at once; at least 1."""
        ...

    def run(self, work: Work[S, T, R], tasks: Iterable[T]) -> Iterator[Finished[R]]:
        """Run tasks.

        Args:
            work: what a task is.
            tasks: taken as workers become free, so they may be many; none is begun that is `AHEAD`
                tasks for each worker ahead of the earliest unfinished one.

        Raises:
            LikewiseError: a task has raised it; the others are stopped.
        """
        ...


class LocalExecutor:
    """Runs tasks one after another in this process; a model uses all cores by itself."""

    @property
    def workers(self) -> int:
        """1."""
        return 1

    def run(self, work: Work[S, T, R], tasks: Iterable[T]) -> Iterator[Finished[R]]:
        """Run tasks in their order."""
        state: S | None = None
        for number, task in enumerate(tasks):
            state = work.start() if state is None else state
            yield Finished(number, work.run(state, task))
