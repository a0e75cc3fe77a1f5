"""Jobs over HTTP: list, show, cancel, resume, result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from likewise.server.job_store import Job, QueueFullError, Status
from likewise.server.operations_api.answers import ApiError, owner_of, require_scope
from likewise.server.operations_api.endpoints import ENDPOINTS
from likewise.server.operations_api.redaction import TEXTS
from likewise.server.operations_api.schemas import ERRORS, JobDetail, JobList, JobOut
from likewise.server.operations_api.service import OperationsService

RESUMABLE = frozenset(endpoint.name for endpoint in ENDPOINTS if endpoint.resumable)
_LONGEST = 500
"""Characters of a field of a request that a job shows."""

JobId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of the job.")]


def job_url(job_id: str) -> str:
    """Where a job is."""
    return f"/api/v1/jobs/{job_id}"


def plain_job(job: Job) -> dict[str, Any]:
    """A job as JSON: what `JobOut` describes."""
    url = job_url(job.id)
    links = {"self": url} | {name: f"{url}/{name}" for name in ("events", "result", "files")}
    return {
        "id": job.id, "operation": job.operation, "status": job.status, "created": job.created,
        "started": job.started, "finished": job.finished, "attempts": job.attempts,
        "cancelling": job.cancelling, "resumable": job.operation in RESUMABLE,
        "request": _short(job.values),
        "error": job.error, "failure": job.failure, "links": links,
    }  # fmt: skip


def _short(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that say what a job is about; texts and long lists are left out."""
    return {
        name: value
        for name, value in values.items()
        if value not in (None, "", []) and name not in TEXTS and len(json.dumps(value)) < _LONGEST
    }


def owned_job(service: OperationsService, request: Request, job_id: str) -> Job:
    """A job of the client.

    Raises:
        ApiError: there is none of this id.
    """
    require_scope(request, "read")
    job = service.jobs.get(job_id, owner_of(request))
    if job is None:
        raise ApiError(404, "job_not_found", f"there is no job {job_id}")
    return job


def add_jobs(router: APIRouter, service: OperationsService) -> None:
    """Add the routes of jobs."""
    jobs = service.jobs

    def owned(request: Request, job_id: str) -> Job:
        return owned_job(service, request, job_id)

    def detail(job: Job) -> dict[str, Any]:
        events = jobs.events(job.id)
        progress = next((e.data for e in reversed(events) if e.kind == "progress"), None)
        messages = [event.data for event in events if event.kind == "message"]
        return plain_job(job) | {"progress": progress, "messages": messages}

    @router.get("/jobs", response_model=JobList, tags=["jobs"], responses=ERRORS)
    def list_jobs(
        request: Request,
        status: Annotated[Status | None, Query(description="Only jobs of this status.")] = None,
        operation: Annotated[
            str | None, Query(description="Only jobs of this operation, such as `compare`.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    ) -> Any:
        """List the jobs of this key, newest first."""
        require_scope(request, "read")
        found = jobs.of(
            owner_of(request), status=status, operation=operation, limit=limit, offset=offset
        )
        return {"jobs": [plain_job(job) for job in found]}

    @router.get("/jobs/{job_id}", response_model=JobDetail, tags=["jobs"], responses=ERRORS)
    def show_job(request: Request, job_id: JobId) -> Any:
        """Show a job with its progress and messages."""
        return detail(owned(request, job_id))

    @router.delete("/jobs/{job_id}", response_model=JobOut, tags=["jobs"], responses=ERRORS)
    def cancel_job(request: Request, job_id: JobId) -> Any:
        """Cancel a job; one that has ended stays as it is."""
        require_scope(request, "write")
        owned(request, job_id)
        jobs.cancel(job_id)
        service.runner.wake()
        return plain_job(owned(request, job_id))

    @router.post(
        "/jobs/{job_id}/resume", response_model=JobOut, status_code=202, tags=["jobs"],
        responses=ERRORS,
    )  # fmt: skip
    def resume_job(request: Request, job_id: JobId) -> Any:
        """Run a job again that failed, was cancelled or interrupted.

        A resumable one continues where it was stopped; others begin again.
        """
        require_scope(request, "write")
        job = owned(request, job_id)
        try:
            begun = jobs.requeue(job_id)
        except QueueFullError as error:
            raise ApiError(
                429, "queue_full", "too many jobs are waiting",
                hint="try again when some are done", headers={"Retry-After": "30"},
            ) from error  # fmt: skip
        if not begun:
            raise ApiError(409, "job_not_stopped", f"the job is {job.status}")
        service.runner.wake()
        return plain_job(owned(request, job_id))

    @router.get("/jobs/{job_id}/result", tags=["jobs"], responses=ERRORS)
    def job_result(request: Request, job_id: JobId) -> Response:
        """The result of a job that is done: the JSON of its operation."""
        job = owned(request, job_id)
        if job.status != "done":
            raise ApiError(
                409, "job_not_done", f"the job is {job.status}", hint=f"see {job_url(job_id)}"
            )
        return JSONResponse(jobs.result(job_id))
