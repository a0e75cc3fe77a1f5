"""Runs the jobs of a `JobStore`, a few at a time, in threads."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from likewise.errors import LikewiseError
from likewise.operations.contract import Failure
from likewise.operations.session import CancellationToken, CancelledError, Message
from likewise.progress import Progress, ProgressFactory
from likewise.server.job_store import Job, JobStore

POLL = 0.5
"""Seconds between two looks for what other servers of the same folder have queued or cancelled."""
PROGRESS = 0.25
"""Seconds between two progress events."""
CLEANING = 600
"""Seconds between two deletions of old jobs."""

_log = logging.getLogger("likewise.server")


@dataclass(frozen=True)
class JobOutput:
    """What a job gives.

    Attributes:
        result: as JSON.
        failure: limits of the request that it misses.
    """

    result: dict[str, Any]
    failure: Failure | None = None


class Execute(Protocol):
    """Runs the operation of a job."""

    def __call__(
        self,
        job: Job,
        *,
        progress: ProgressFactory,
        on_message: Callable[[Message], None],
        cancel: CancellationToken,
    ) -> JobOutput:
        """Run it.

        Raises:
            LikewiseError: it failed.
            CancelledError: it was cancelled.
        """
        ...


class JobRunner:
    """Runs jobs until it is closed.

    Of several servers with the same folder one runs the jobs; when it ends, another one takes over.

    Args:
        store: the jobs.
        folder: `runner.lock`, and a folder for the files of each job.
        execute: runs a job's operation.
        describe: an error as `type`, `message` and `hint`.
        clean: makes the text of a message fit for clients.
        stay: seconds for which a finished job of an operation and its files stay.
        resumable: names of operations that continue where they were stopped.
        workers: jobs at a time.
        on_idle: called from time to time to clean up.
    """

    def __init__(
        self,
        store: JobStore,
        folder: Path,
        execute: Execute,
        *,
        describe: Callable[[LikewiseError], dict[str, Any]],
        clean: Callable[[Any], Any],
        stay: Callable[[str], float],
        resumable: Sequence[str] = (),
        workers: int = 1,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._folder, self._execute = store, folder, execute
        self._describe, self._clean, self._stay = describe, clean, stay
        self._resumable, self._workers, self._on_idle = tuple(resumable), workers, on_idle
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._running: dict[str, _Running] = {}
        self._leader = threading.Thread(target=self._lead, name="likewise-jobs", daemon=True)

    def start(self) -> None:
        """Begin to run jobs; those that ran when a server ended are settled first."""
        self._leader.start()

    def wake(self) -> None:
        """Look for work at once."""
        self._wake.set()

    def close(self, seconds: float = 10.0) -> None:
        """Stop; running jobs stop at their next batch, and resumable ones continue next time.

        Args:
            seconds: how long to wait for them.
        """
        self._stopping.set()
        self._wake.set()
        for running in list(self._running.values()):
            running.cancel.cancel()
        until = time.monotonic() + seconds
        for thread in [self._leader, *(r.thread for r in list(self._running.values()))]:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def files(self, job_id: str) -> Path:
        """The folder of a job's files."""
        return self._folder / "jobs" / job_id

    def _lead(self) -> None:
        lock = FileLock(self._folder / "runner.lock")
        while not self._stopping.is_set():
            try:
                lock.acquire(timeout=POLL)
            except Timeout:
                continue
            break
        else:
            return
        try:
            self._store.recover(self._resumable)
            cleaned = -float(CLEANING)
            while not self._stopping.is_set():
                try:
                    self._step()
                except sqlite3.Error:  # such as a disk that is full; the jobs are still there
                    _log.exception("jobs cannot be read or started")
                if time.monotonic() - cleaned > CLEANING:
                    cleaned = time.monotonic()
                    self._delete_old()
                self._wake.wait(POLL)
                self._wake.clear()
            for running in list(self._running.values()):
                running.thread.join()  # a job has one runner at a time: they hold the lock
        finally:
            lock.release()

    def _step(self) -> None:
        for job_id in self._store.cancelling():
            if job_id in self._running:
                self._running[job_id].cancel.cancel()
        while len(self._running) < self._workers and (job := self._store.claim()):
            running = _Running(threading.Thread(target=self._work, args=(job,), daemon=True))
            self._running[job.id] = running
            running.thread.start()

    def _work(self, job: Job) -> None:
        running = self._running[job.id]
        try:
            if job.operation not in self._resumable:
                shutil.rmtree(self.files(job.id), ignore_errors=True)
            self.files(job.id).mkdir(parents=True, exist_ok=True)
            output = self._execute(
                job,
                progress=_StoredProgress(self._store, job.id).stage,
                on_message=lambda message: self._report(job, message),
                cancel=running.cancel,
            )
            missed = output.failure
            failure = {"reasons": list(missed.reasons), "hint": missed.hint} if missed else None
            self._store.finish(job.id, "done", result=output.result, failure=failure)
        except CancelledError:
            self._stopped(job)
        except LikewiseError as error:
            self._store.finish(job.id, "failed", error=self._describe(error))
        except Exception:
            log_id = uuid.uuid4().hex[:12]
            _log.exception("job %s failed unexpectedly (%s)", job.id, log_id)
            error_ = {
                "type": "internal_error",
                "message": "an unexpected error",
                "hint": f"the server's log has it under {log_id}",
            }
            self._store.finish(job.id, "failed", error=error_)
        finally:
            self._running.pop(job.id, None)
            self._wake.set()

    def _stopped(self, job: Job) -> None:
        """A job stopped: its client cancelled it, or the server ends."""
        now = self._store.get(job.id)
        if now is None or now.cancelling or not self._stopping.is_set():
            self._store.finish(job.id, "cancelled")
            return
        again = job.operation in self._resumable
        self._store.interrupt(job.id, again=again, attempts=job.attempts - 1)

    def _report(self, job: Job, message: Message) -> None:
        values, text = self._clean(message.values), self._clean(message.text)
        self._store.append(
            job.id, "message", {"code": message.code, "text": text, "values": values}
        )

    def _delete_old(self) -> None:
        for job_id in self._store.delete_finished(self._stay):
            shutil.rmtree(self.files(job_id), ignore_errors=True)
        self._on_idle()


@dataclass(frozen=True)
class _Running:
    thread: threading.Thread
    cancel: CancellationToken = field(default_factory=CancellationToken)


class _StoredProgress:
    """Progress as events of a job, a few a second."""

    def __init__(self, store: JobStore, job_id: str) -> None:
        self._store, self._job_id = store, job_id

    @contextmanager
    def stage(self, total: int | None, *, title: str, unit: str = "texts") -> Iterator[Progress]:
        """A stage of work."""
        state: dict[str, Any] = {"title": title, "done": 0, "total": total, "unit": unit}
        store, job_id = self._store, self._job_id
        lock, written = threading.Lock(), 0.0

        def write() -> None:
            store.append(job_id, "progress", dict(state))

        class Stored(Progress):
            def __call__(self, done: int) -> None:
                nonlocal written
                with lock:
                    state["done"] += done
                    due = time.monotonic() - written >= PROGRESS
                    if due:
                        written = time.monotonic()
                        write()

        write()
        yield Stored()
        with lock:
            write()
