"""Jobs, their events and results in an SQLite database, which outlives the server."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Status = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
FINISHED: tuple[Status, ...] = ("done", "failed", "cancelled", "interrupted")
"""Final statuses of a job."""

EventKind = Literal["status", "progress", "message", "done"]

MAX_ATTEMPTS = 3
"""A job that has ended this many servers is not continued automatically."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, operation TEXT NOT NULL, values_ TEXT NOT NULL,
    status TEXT NOT NULL, created REAL NOT NULL, started REAL, finished REAL,
    attempts INTEGER NOT NULL DEFAULT 0, cancelling INTEGER NOT NULL DEFAULT 0,
    last_event INTEGER NOT NULL DEFAULT 0, result TEXT, error TEXT, failure TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, created);
CREATE TABLE IF NOT EXISTS events (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    kind TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (job, number)
) WITHOUT ROWID;
"""


class QueueFullError(Exception):
    """No more jobs can wait."""


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        id: 32 hex digits.
        owner: name of the key that started it; empty without keys.
        operation: its name.
        values: the fields of its request, as they were given.
        status: where it is.
        created: when it was started by its client, seconds since 1970.
        started: when it began to run, the last time.
        finished: when it ended.
        attempts: how many times it began to run.
        cancelling: whether it was asked to stop.
        error: why it failed: `type`, `message`, `hint`.
        failure: limits of the request that the result misses: `reasons`, `hint`.
    """

    id: str
    owner: str
    operation: str
    values: dict[str, Any]
    status: Status
    created: float
    started: float | None
    finished: float | None
    attempts: int
    cancelling: bool
    error: dict[str, Any] | None
    failure: dict[str, Any] | None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in FINISHED


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        number: from 1, rising.
        kind: `status`, `progress`, `message`, or `done` for the last one.
        data: its details.
    """

    number: int
    kind: str
    data: dict[str, Any]


class JobStore:
    """The jobs of all servers that use one folder. Safe to use from several threads.

    Args:
        path: the database; it is created where it does not exist.
        max_queued: jobs that may wait.
        on_event: called with a job's id after each of its events.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_queued: int = 100,
        on_event: Callable[[str], None] = lambda _: None,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._max_queued, self._on_event = max_queued, on_event
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            path, timeout=30, check_same_thread=False, isolation_level=None
        )
        self._database.row_factory = sqlite3.Row
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def add(self, job_id: str, owner: str, operation: str, values: dict[str, Any]) -> Job:
        """Queue a job.

        Raises:
            QueueFullError: too many are waiting.
        """
        with self._changing():
            [waiting] = self._one("SELECT count(*) FROM jobs WHERE status = 'queued'")
            if waiting >= self._max_queued:
                raise QueueFullError
            self._run(
                "INSERT INTO jobs (id, owner, operation, values_, status, created) "
                "VALUES (?, ?, ?, ?, 'queued', ?)",
                (job_id, owner, operation, json.dumps(values), time.time()),
            )
            self._append(job_id, "status", {"status": "queued"})
        self._on_event(job_id)
        return self._known(job_id)

    def get(self, job_id: str, owner: str | None = None) -> Job | None:
        """A job; None where there is none, or it is another owner's.

        Args:
            job_id: its id.
            owner: its owner; anyone's where None.
        """
        row = self._one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return _job(row) if row and owner in (None, row["owner"]) else None

    def of(
        self,
        owner: str,
        *,
        status: Status | None = None,
        operation: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Job]:
        """The jobs of an owner, newest first; of one status or operation where one is given."""
        rows = self._all(
            "SELECT * FROM jobs WHERE owner = ? AND (? IS NULL OR status = ?) "
            "AND (? IS NULL OR operation = ?) ORDER BY created DESC, id LIMIT ? OFFSET ?",
            (owner, status, status, operation, operation, limit, offset),
        )
        return [_job(row) for row in rows]

    def unfinished(self) -> list[Job]:
        """The jobs that wait or run, of all owners, oldest first."""
        rows = self._all(
            "SELECT * FROM jobs WHERE status IN ('queued', 'running') ORDER BY created, id"
        )
        return [_job(row) for row in rows]

    def result(self, job_id: str) -> dict[str, Any] | None:
        """The result of a job that is done."""
        row = self._one("SELECT result FROM jobs WHERE id = ?", (job_id,))
        return json.loads(row["result"]) if row and row["result"] else None

    def claim(self) -> Job | None:
        """Take the job that waits longest, to run it."""
        with self._changing():
            row = self._one(
                "SELECT id FROM jobs WHERE status = 'queued' ORDER BY created, id LIMIT 1"
            )
            if row is None:
                return None
            self._run(
                "UPDATE jobs SET status = 'running', started = ?, attempts = attempts + 1 "
                "WHERE id = ?",
                (time.time(), row["id"]),
            )
            self._append(row["id"], "status", {"status": "running"})
        self._on_event(row["id"])
        return self._known(row["id"])

    def finish(
        self,
        job_id: str,
        status: Status,
        *,
        result: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
        failure: dict[str, Any] | None = None,
    ) -> None:
        """Record how a job ended."""
        with self._changing():
            self._run(
                "UPDATE jobs SET status = ?, finished = ?, result = ?, error = ?, failure = ?, "
                "cancelling = 0 WHERE id = ?",
                (status, time.time(), _dumped(result), _dumped(error), _dumped(failure), job_id),
            )
            done = {"status": status} | ({"error": error} if error else {})
            self._append(job_id, "done", done)
        self._on_event(job_id)

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; one that waits is cancelled at once."""
        with self._changing():
            self._run(
                "UPDATE jobs SET cancelling = 1 WHERE id = ? AND status = 'running'", (job_id,)
            )
            row = self._one("SELECT status FROM jobs WHERE id = ?", (job_id,))
            waits = row is not None and row["status"] == "queued"
            if waits:
                self.finish(job_id, "cancelled")

    def cancelling(self) -> list[str]:
        """Ids of the running jobs that were asked to stop."""
        rows = self._all("SELECT id FROM jobs WHERE status = 'running' AND cancelling")
        return [row["id"] for row in rows]

    def requeue(self, job_id: str, *, attempts: int = 0) -> bool:
        """Let a job that ended, or whose server ended, run again; False where it is under way.

        Args:
            job_id: its id.
            attempts: how many times it counts as begun.

        Raises:
            QueueFullError: too many are waiting.
        """
        with self._changing():
            [waiting] = self._one("SELECT count(*) FROM jobs WHERE status = 'queued'")
            if waiting >= self._max_queued:
                raise QueueFullError
            changed = self._run(
                "UPDATE jobs SET status = 'queued', attempts = ?, finished = NULL, error = NULL, "
                "failure = NULL, result = NULL, cancelling = 0 "
                "WHERE id = ? AND status IN ('failed', 'cancelled', 'interrupted')",
                (attempts, job_id),
            )
            if changed:
                self._run("DELETE FROM events WHERE job = ? AND kind = 'done'", (job_id,))
                self._append(job_id, "status", {"status": "queued"})
        self._on_event(job_id)
        return bool(changed)

    def recover(self, resumable: Sequence[str]) -> None:
        """Settle the jobs that ran when their server ended.

        Those of resumable operations wait to run again, unless they were begun too often; the
        others are interrupted.

        Args:
            resumable: names of operations.
        """
        for job in self.unfinished():
            if job.status == "running":
                again = job.operation in resumable and job.attempts < MAX_ATTEMPTS
                self.interrupt(job.id, again=again, attempts=job.attempts)

    def interrupt(self, job_id: str, *, again: bool, attempts: int) -> None:
        """Record that a job's server ended while it ran.

        Args:
            job_id: its id.
            again: let it run again, unless it was cancelled.
            attempts: how many times it counts as begun then.
        """
        with self._changing():
            row = self._one("SELECT cancelling FROM jobs WHERE id = ?", (job_id,))
            cancelled = bool(row and row["cancelling"])
            self.finish(job_id, "cancelled" if cancelled else "interrupted")
            if again and not cancelled:
                with suppress(QueueFullError):
                    self.requeue(job_id, attempts=attempts)

    def append(self, job_id: str, kind: EventKind, data: dict[str, Any]) -> None:
        """Record an event; progress replaces the earlier progress of the job."""
        with self._changing():
            if kind == "progress":
                self._run("DELETE FROM events WHERE job = ? AND kind = 'progress'", (job_id,))
            self._append(job_id, kind, data)
        self._on_event(job_id)

    def events(self, job_id: str, after: int = 0, limit: int = 1000) -> list[JobEvent]:
        """The events of a job after a number, in order."""
        rows = self._all(
            "SELECT * FROM events WHERE job = ? AND number > ? ORDER BY number LIMIT ?",
            (job_id, after, limit),
        )
        return [JobEvent(row["number"], row["kind"], json.loads(row["data"])) for row in rows]

    def delete_finished(self, stay: Callable[[str], float]) -> list[str]:
        """Delete old jobs; gives their ids.

        Args:
            stay: seconds for which a finished job of an operation stays.
        """
        marks, now = ", ".join("?" * len(FINISHED)), time.time()
        with self._changing():
            rows = self._all(
                f"SELECT id, operation, finished FROM jobs WHERE status IN ({marks})", FINISHED
            )
            gone = [row["id"] for row in rows if row["finished"] < now - stay(row["operation"])]
            for job_id in gone:
                self._run("DELETE FROM jobs WHERE id = ?", (job_id,))
        return gone

    def _append(self, job_id: str, kind: str, data: dict[str, Any]) -> None:
        self._run("UPDATE jobs SET last_event = last_event + 1 WHERE id = ?", (job_id,))
        self._run(
            "INSERT INTO events SELECT id, last_event, ?, ? FROM jobs WHERE id = ?",
            (kind, json.dumps(data), job_id),
        )

    def _known(self, job_id: str) -> Job:
        return _job(self._one("SELECT * FROM jobs WHERE id = ?", (job_id,)))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction; what is nested belongs to the outer one."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        with self._lock:
            return self._database.execute(statement, values).rowcount

    def _one(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        with self._lock:
            return self._database.execute(statement, values).fetchone()

    def _all(self, statement: str, values: tuple[Any, ...] = ()) -> Sequence[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def _dumped(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)


def _job(row: Any) -> Job:
    return Job(
        row["id"], row["owner"], row["operation"], json.loads(row["values_"]), row["status"],
        row["created"], row["started"], row["finished"], row["attempts"], bool(row["cancelling"]),
        json.loads(row["error"] or "null"), json.loads(row["failure"] or "null"),
    )  # fmt: skip
