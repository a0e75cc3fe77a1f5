"""One call of an operation: in a thread, with progress and cancellation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from likewise.operations.registry import ModelRegistry
from likewise.operations.session import CancellationToken, CancelledError, Session
from likewise.progress import Progress

if TYPE_CHECKING:
    from likewise.collections.local_copies import LocalCopies

R = TypeVar("R")

INTERVAL = 0.1
"""Seconds between two reports of progress."""


class ReportProgress(Protocol):
    """Sends progress to the client."""

    def __call__(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> Awaitable[None]:
        """Send it; does nothing where the client does not ask for progress."""
        ...


class ProgressCount:
    """Progress over all stages of a call: written by its thread, read by the event loop.

    Attributes:
        done: pieces of all stages that are finished.
        total: pieces of the stages so far; None where the current stage does not know.
        title: what is being done.
    """

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None
        self.title = ""

    @contextmanager
    def stage(self, total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        """A stage of work; a `ProgressFactory`."""
        self.total = None if total is None else self.done + total
        self.title = title if total is None else f"{title}: {total:,} {unit}"
        count = self

        class Counting(Progress):
            def __call__(self, done: int) -> None:
                count.done += done

        yield Counting()


async def call(
    operation: Callable[[Session], R],
    report: ReportProgress,
    *,
    models: ModelRegistry,
    store: str | None,
    copies: LocalCopies | None,
    limiter: CapacityLimiter,
) -> tuple[R, list[str]]:
    """Run an operation in a thread; cancellation of this call stops it after its current batch.

    Args:
        operation: called with the session.
        report: sends progress.
        models: loaded models.
        store: where collections are stored.
        copies: copies of collections of an object store, to read from; None reads the store.
        limiter: how many operations run at once.

    Returns:
        Its result, and the messages that it reported.

    Raises:
        LikewiseError: the operation failed.
    """
    count, cancel, notes = ProgressCount(), CancellationToken(), []
    session = Session(
        models=models, store=store, progress=count.stage, cancel=cancel, copies=copies,
        on_message=lambda message: notes.append(message.text),
    )  # fmt: skip

    def attempt() -> R | Exception:
        try:
            return operation(session)
        except Exception as error:  # raised outside of the task group, which would wrap it
            return error

    async def watch() -> None:
        reported = 0
        try:
            while True:
                await anyio.sleep(INTERVAL)
                if count.done > reported:
                    reported = count.done
                    await report(count.done, count.total, count.title)
        finally:
            cancel.cancel()  # the call was cancelled, or has ended

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        outcome = await to_thread.run_sync(attempt, limiter=limiter)
        group.cancel_scope.cancel()
    if isinstance(outcome, CancelledError):
        await anyio.lowlevel.checkpoint()  # raises, since this call was cancelled
    if isinstance(outcome, Exception):
        raise outcome
    return outcome, notes
