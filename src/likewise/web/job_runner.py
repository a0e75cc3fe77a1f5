"""Runs jobs in worker threads, with progress, cancellation and error reporting."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from likewise.encoder import Encoder
from likewise.errors import LikewiseError
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import CancellationToken, CancelledError, Message, Session
from likewise.progress import Progress
from likewise.web.download_store import DownloadStore
from likewise.web.registry import Choice

T = TypeVar("T")

_log = logging.getLogger("likewise.web")


@dataclass(eq=False)
class Job:
    """A running job, updated by the worker and read by the page.

    Attributes:
        phase: `waiting`, `loading`, `computing` or `fetching`.
        done: texts finished, or bytes downloaded.
        total: texts, or bytes to download; 0 if unknown.
        started: start of computing or downloading.
        stop: set to cancel the job.
    """

    phase: str = "waiting"
    done: int = 0
    total: int = 0
    started: float = field(default_factory=time.perf_counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise if the job was cancelled.

        Raises:
            CancelledError: it was.
        """
        if self.stop.is_set():
            raise CancelledError

    def advance(self, count: int) -> None:
        """Count more finished texts or bytes."""
        self.done += count

    @property
    def seconds(self) -> float:
        """Time since computing began."""
        return time.perf_counter() - self.started

    @contextlib.contextmanager
    def progress(
        self,
        total: int | None,
        *,
        title: str,  # noqa: ARG002 - the signature of a `ProgressFactory`
        unit: str = "texts",  # noqa: ARG002
    ) -> Iterator[Progress]:
        """A stage of an operation, shown on the page."""
        self.phase, self.total, self.done = "computing", total or 0, 0
        self.started = time.perf_counter()
        yield _JobProgress(self)

    def session(self, models: ModelRegistry, on_message: Callable[[Message], None]) -> JobSession:
        """A session with the progress and the cancellation of this job."""
        return JobSession(self, models, on_message)


class JobSession(Session):
    """The session of a page's job.

    Args:
        job: shows progress, and cancels operations.
        models: the loaded models.
        on_message: called with the messages of operations.
    """

    def __init__(
        self, job: Job, models: ModelRegistry, on_message: Callable[[Message], None]
    ) -> None:
        super().__init__(
            models=models,
            progress=job.progress,
            on_message=on_message,
            cancel=CancellationToken(job.stop),
        )
        self.job = job


class _JobProgress(Progress):
    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, done: int) -> None:
        self._job.advance(done)


@dataclass(frozen=True)
class Failure:
    """The failure of a job.

    Attributes:
        error: the error; None if it was unexpected.
        log_id: identifies an unexpected error in the log.
    """

    error: LikewiseError | None
    log_id: str = ""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """The outcome of a job.

    Attributes:
        value: its result.
        failure: why it has no result.
        stopped: whether it was cancelled.
    """

    value: T | None = None
    failure: Failure | None = None
    stopped: bool = False


Task = Callable[[Encoder, Job], T]


class JobRunner:
    """Runs the jobs of all pages.

    Args:
        models: the loaded models.
        downloads: results for download.
        workers: number of jobs that run at once.
    """

    def __init__(self, models: ModelRegistry, downloads: DownloadStore, workers: int = 2) -> None:
        self.models, self.downloads = models, downloads
        self._pool = ThreadPoolExecutor(workers, "likewise-web")
        self._transfers = ThreadPoolExecutor(1, "likewise-download")
        self._jobs: dict[str, set[Job]] = {}

    async def steps(
        self, session: str, choice: Choice, work: Task[T]
    ) -> AsyncIterator[Job | Outcome[T]]:
        """Run a task with the chosen model; yields the job while it runs, then its outcome.

        If the consumer closes the generator, the job is cancelled.
        """
        job = Job()
        running = asyncio.get_running_loop().run_in_executor(
            self._pool, self._run, choice, work, job
        )
        async for step in self._follow(session, job, running):
            yield step

    async def transfer(
        self, session: str, work: Callable[[Job], T]
    ) -> AsyncIterator[Job | Outcome[T]]:
        """Run a download; one runs at a time. Yields as `steps` does.

        Cancellation takes effect at once, although the worker may still wait for the network.
        """
        job = Job()
        running = asyncio.get_running_loop().run_in_executor(
            self._transfers, _outcome, partial(_download, work, job)
        )
        async for step in self._follow(session, job, running):
            if job.stop.is_set() and isinstance(step, Job):
                yield Outcome(stopped=True)
                return
            yield step

    async def _follow(
        self, session: str, job: Job, running: asyncio.Future[Outcome[T]]
    ) -> AsyncIterator[Job | Outcome[T]]:
        with self._registered(session, job):
            while not running.done():
                await asyncio.wait([running], timeout=0.15)
                if not running.done():
                    yield job
            yield running.result()

    async def call(self, function: Callable[[], T]) -> Outcome[T]:
        """Run a function that needs no model."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _outcome, function)

    def fetches(self, session: str) -> bool:
        """Whether a session has a running download."""
        jobs = self._jobs.get(session, set())
        return any(job.phase == "fetching" and not job.stop.is_set() for job in jobs)

    def stop(self, session: str) -> None:
        """Cancel the jobs of a session."""
        for job in self._jobs.get(session, set()):
            job.stop.set()

    def close(self) -> None:
        """Cancel all jobs and shut the threads down."""
        for jobs in self._jobs.values():
            for job in jobs:
                job.stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._transfers.shutdown(wait=False, cancel_futures=True)

    @contextlib.contextmanager
    def _registered(self, session: str, job: Job) -> Any:
        jobs = self._jobs.setdefault(session, set())
        jobs.add(job)
        try:
            yield
        finally:
            job.stop.set()
            jobs.discard(job)
            if not jobs:
                self._jobs.pop(session, None)

    def _run(self, choice: Choice, work: Task[T], job: Job) -> Outcome[T]:
        def run_with_model() -> T:
            job.check()
            loaded = self.models.peek(choice.name, choice.compute)
            job.phase = "computing" if loaded else "loading"
            encoder = self.models.get(choice.name, choice.compute)
            job.check()
            job.phase, job.started = "computing", time.perf_counter()
            return work(encoder, job)

        return _outcome(run_with_model)


def _download(work: Callable[[Job], T], job: Job) -> T:
    job.check()
    job.phase, job.started = "fetching", time.perf_counter()
    return work(job)


def _outcome(function: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(function())
    except CancelledError:
        return Outcome(stopped=True)
    except LikewiseError as error:
        return Outcome(failure=Failure(error))
    except Exception:
        log_id = uuid.uuid4().hex[:8]
        _log.exception("unexpected error %s", log_id)
        return Outcome(failure=Failure(None, log_id))
