"""What the endpoints share: models, jobs, files, and how operations are run."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import platformdirs

from likewise.cache import cache_folder
from likewise.collections.local_copies import LocalCopies
from likewise.collections.store import default_store
from likewise.errors import LikewiseError
from likewise.operations.contract import Result
from likewise.operations.registry import ModelRegistry
from likewise.operations.session import CancellationToken, Message, Session
from likewise.progress import ProgressFactory
from likewise.server.job_runner import JobOutput, JobRunner
from likewise.server.job_store import Job, JobStore
from likewise.server.operations_api.answers import describe
from likewise.server.operations_api.bodies import make_request
from likewise.server.operations_api.endpoints import ENDPOINTS, Endpoint
from likewise.server.operations_api.job_events import JobEvents
from likewise.server.operations_api.redaction import Redaction
from likewise.server.operations_api.resolver import Resolver, check_model, kind_of
from likewise.server.operations_api.uploads import UploadLimits, UploadStore, safe_name

BY_NAME: Mapping[str, Endpoint] = {endpoint.name: endpoint for endpoint in ENDPOINTS}
RESUMABLE = tuple(endpoint.name for endpoint in ENDPOINTS if endpoint.resumable)


def stay(operation: str) -> float:
    """Seconds for which a finished job stays; those of operations that are gone go soon."""
    return 86_400.0 * (BY_NAME[operation].days if operation in BY_NAME else Endpoint.days)


def default_state() -> Path:
    """The folder of jobs and uploaded files in the platform's data folder."""
    return platformdirs.user_data_path("likewise", appauthor=False) / "server"


@dataclass(frozen=True)
class ApiSettings:
    """How the API works.

    Attributes:
        store: where collections are stored; the default store when None.
        store_cache: bytes of a collection at most that is copied from an object store to this
            machine; 0 copies none.
        state: folder of jobs and uploaded files; `default_state` when None.
        data: folder whose files clients may name; None allows none.
        uploads: how much clients may send.
        workers: jobs at a time.
        max_queued: jobs that may wait.
        threads: calls that are answered at once, at a time.
        max_waiting: calls that may wait for a thread.
    """

    store: str | None = None
    store_cache: int = 10 * 2**30
    state: Path | None = None
    data: Path | None = None
    uploads: UploadLimits = field(default_factory=UploadLimits)
    workers: int = 1
    max_queued: int = 100
    threads: int = 8
    max_waiting: int = 64


class OperationsService:
    """Runs operations for clients, at once or as jobs.

    Args:
        models: loaded models, shared with the rest of the server.
        settings: how it works.

    Attributes:
        settings: how it works.
        uploads: files that clients sent.
        jobs: the jobs.
        events: wakes those who wait for events of jobs.
        redact: removes the server's folders from answers.
        copies: copies of collections of an object store, from which requests read.
    """

    def __init__(self, models: ModelRegistry, settings: ApiSettings) -> None:
        self._models, self.settings = models, settings
        self.state = (settings.state or default_state()).resolve()
        self.state.mkdir(parents=True, exist_ok=True)
        self.copies = LocalCopies(cache_folder() / "collections", settings.store_cache)
        self.data = settings.data.resolve() if settings.data else None
        self.uploads = UploadStore(self.state / "uploads", settings.uploads)
        self.events = JobEvents()
        self.jobs = JobStore(
            self.state / "jobs.sqlite",
            max_queued=settings.max_queued,
            on_event=self.events.notify,
        )
        store = settings.store or default_store()
        folders = [] if "://" in store else [Path(store).resolve()]
        self.redact = Redaction(self.state, [self.data] if self.data else [], folders)
        self._started = threading.Lock()

    @cached_property
    def runner(self) -> JobRunner:
        """Runs the jobs."""
        return JobRunner(
            self.jobs, self.state, self._run_job,
            describe=self.describe, clean=self.redact, stay=stay, resumable=RESUMABLE,
            workers=self.settings.workers, on_idle=self._delete_uploads,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to run jobs; only the first call does."""
        if self._started.acquire(blocking=False):
            self.runner.start()

    def end_streams(self) -> None:
        """End the streams of events, so that a server that stops need not wait for clients."""
        self.events.close()

    def close(self) -> None:
        """Stop; running jobs stop at their next batch."""
        self.end_streams()
        if self._started.locked():
            self.runner.close()
        self.jobs.close()

    def describe(self, error: LikewiseError) -> dict[str, Any]:
        """An error's `type`, `message` and `hint`."""
        return describe(error, self.redact)

    def resolver(self, endpoint: Endpoint, owner: str, values: Mapping[str, Any]) -> Resolver:
        """What names files for calls that are answered at once, and for checking jobs."""
        stable = None
        if endpoint.name == "index":  # records keep their source when a file is sent again
            stable = self.state / "sources" / safe_name(owner or "_") / safe_name(values["into"])
        return Resolver(owner, self.uploads, self._files_of, self.data, stable=stable)

    def check(
        self, endpoint: Endpoint, owner: str, values: Mapping[str, Any], *, may_download: bool
    ) -> None:
        """Refuse what this client may not name.

        Raises:
            InputError: a file or folder that it may not name.
            ModelNotFoundError: a model that it may not load.
        """
        resolver = self.resolver(endpoint, owner, values)
        make_request(
            endpoint, values, replace(resolver, output_folder=self.state / "jobs", stable=None)
        )
        if self._is_loaded(values):
            return
        for each in endpoint.fields:
            given = values[each.name]
            if kind_of(each) == "model" and given is not None:
                for name in given if isinstance(given, list) else [given]:
                    check_model(name, may_download=may_download)

    def call(
        self,
        endpoint: Endpoint,
        owner: str,
        values: Mapping[str, Any],
        *,
        cancel: CancellationToken,
        on_message: Callable[[Message], None],
    ) -> Result:
        """Run an operation and answer at once.

        Raises:
            LikewiseError: it failed.
            CancelledError: it was cancelled.
        """
        request = make_request(endpoint, values, self.resolver(endpoint, owner, values))
        session = Session(
            models=self._models, store=self.settings.store, on_message=on_message, cancel=cancel,
            copies=self.copies,
        )  # fmt: skip
        return endpoint.operation(request, session)

    def result_of(self, result: Result) -> dict[str, Any]:
        """The JSON of a result, without the server's folders."""
        plain: dict[str, Any] = self.redact(result.to_dict())
        return plain

    def _run_job(
        self,
        job: Job,
        *,
        progress: ProgressFactory,
        on_message: Callable[[Message], None],
        cancel: CancellationToken,
    ) -> JobOutput:
        endpoint = BY_NAME[job.operation]
        resolver = replace(
            self.resolver(endpoint, job.owner, job.values),
            output_folder=self.runner.files(job.id),
        )
        session = Session(
            models=self._models, store=self.settings.store, progress=progress,
            on_message=on_message, cancel=cancel, passing=self.state,
            copies=self.copies,
        )  # fmt: skip
        try:
            request = make_request(endpoint, job.values, resolver)
            result = endpoint.operation(request, session)
            return JobOutput(self.result_of(result), getattr(result, "failure", None))
        finally:
            if resolver.stable:
                shutil.rmtree(resolver.stable, ignore_errors=True)

    def _files_of(self, owner: str, job_id: str) -> Path | None:
        return self.runner.files(job_id) if self.jobs.get(job_id, owner) else None

    def _is_loaded(self, values: Mapping[str, Any]) -> bool:
        """Whether the request's one model is loaded, so that it need not be looked for."""
        if values.get("rerank") is not None or not {"model", "compute", "device"} <= values.keys():
            return False
        found = self._models.peek(values["model"], values["compute"], values["device"])
        return found is not None

    def _delete_uploads(self) -> None:
        text = json.dumps([job.values for job in self.jobs.unfinished()])
        used = [file_id for file_id in self.uploads.ids() if file_id in text]
        self.uploads.delete_expired(used)
