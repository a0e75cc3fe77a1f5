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
STEP = 512
"""Texts between two checks for cancellation."""

_log = logging.getLogger("likewise.web")


@dataclass(eq=False)
class Job:
    """One piece of work under way, written by the worker and read by the page.

    Attributes:
        phase: `waiting`, `loading`, `computing` or `fetching`.
        done: texts finished, or bytes fetched.
        total: texts to do, or bytes to fetch; 0 where that is not known.
        started: when computing or fetching began.
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
            CancelledError: it shall.
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
        """What operations run in: this job's progress and Stop."""
        return JobSession(self, models, on_message)


class JobSession(Session):
    """The session of a page's job.

    Args:
        job: it shows the progress, and stops the operations.
        models: the models in memory.
        on_message: takes what operations report.
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
    """What went wrong.

    Attributes:
        error: an error of ours; None where it was an unexpected one.
        log_id: what to look for in the log, for an unexpected one.
    """

    error: LikewiseError | None
    log_id: str = ""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How work ended.

    Attributes:
        value: what it gave.
        failure: why it gave nothing.
        stopped: whether somebody stopped it.
    """

    value: T | None = None
    failure: Failure | None = None
    stopped: bool = False


Task = Callable[[Encoder, Job], T]


class JobRunner:
    """Runs the jobs of all pages.

    Args:
        models: the models in memory.
        downloads: results for download.
        workers: pieces of work at once; they share the model's own lock.
    """

    def __init__(self, models: ModelRegistry, downloads: DownloadStore, workers: int = 2) -> None:
        self.models, self.downloads = models, downloads
        self._pool = ThreadPoolExecutor(workers, "likewise-web")
        self._transfers = ThreadPoolExecutor(1, "likewise-download")
        self._jobs: dict[str, set[Job]] = {}

    async def steps(
        self, session: str, choice: Choice, work: Task[T]
    ) -> AsyncIterator[Job | Outcome[T]]:
        """Do the work with the chosen model; yields the job while it runs, its outcome last.

        Where whoever reads this goes away, the work stops at its next look.
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
        """Do work that waits for the network, one piece at a time; yields as `steps` does.

        Stop is answered at once, though the worker may wait for the network a while longer.
        """
        job = Job()
        running = asyncio.get_running_loop().run_in_executor(
            self._transfers, _outcome, partial(_begun, work, job)
        )
        async for step in self._follow(session, job, running):
            if job.stop.is_set() and isinstance(step, Job):
                yield Outcome(stopped=True)
                return
            yield step

    async def _follow(
        self, session: str, job: Job, running: asyncio.Future[Outcome[T]]
    ) -> AsyncIterator[Job | Outcome[T]]:
        with self._listed(session, job):
            while not running.done():
                await asyncio.wait([running], timeout=0.15)
                if not running.done():
                    yield job
            yield running.result()

    async def call(self, function: Callable[[], T]) -> Outcome[T]:
        """Do work that needs no model."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _outcome, function)

    def fetches(self, session: str) -> bool:
        """Whether a download of a session is under way."""
        jobs = self._jobs.get(session, set())
        return any(job.phase == "fetching" and not job.stop.is_set() for job in jobs)

    def stop(self, session: str) -> None:
        """Ask a session's work to stop."""
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
    def _listed(self, session: str, job: Job) -> Any:
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
        def whole() -> T:
            job.check()
            loaded = self.models.peek(choice.name, choice.compute)
            job.phase = "computing" if loaded else "loading"
            encoder = self.models.get(choice.name, choice.compute)
            job.check()
            job.phase, job.started = "computing", time.perf_counter()
            return work(encoder, job)

        return _outcome(whole)


def _begun(work: Callable[[Job], T], job: Job) -> T:
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
