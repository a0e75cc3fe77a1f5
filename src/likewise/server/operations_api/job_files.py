"""The files that jobs write, for download."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response, StreamingResponse

from likewise.server.folder_files import folder_files
from likewise.server.operations_api.answers import ApiError
from likewise.server.operations_api.job_routes import JobId, owned_job
from likewise.server.operations_api.schemas import ERRORS, JobFiles
from likewise.server.operations_api.service import OperationsService

_ANY = "application/octet-stream"
_PIECE = 2**20


def add_job_files(router: APIRouter, service: OperationsService) -> None:
    """Add the routes of files."""

    @router.get("/jobs/{job_id}/files", response_model=JobFiles, tags=["jobs"], responses=ERRORS)
    def job_files(request: Request, job_id: JobId) -> Any:
        """List the files that a job wrote."""
        owned_job(service, request, job_id)
        folder = service.runner.files(job_id)
        return {
            "files": [
                {"name": path.relative_to(folder).as_posix(), "size": status.st_size}
                for path, status in folder_files(folder)
            ]
        }

    @router.get(
        "/jobs/{job_id}/files/{name:path}", tags=["jobs"], response_class=FileResponse,
        responses={
            **ERRORS, 200: {"content": {"application/octet-stream": {}}},
            204: {"description": "There is no such file, and `optional` is set."},
        },
    )  # fmt: skip
    def job_file(
        request: Request,
        job_id: JobId,
        name: str,
        optional: Annotated[
            bool,
            Query(description="Answer 204 for a missing file: a running job may have moved it."),
        ] = False,
    ) -> Response:
        """Download a file that a job wrote."""
        job = owned_job(service, request, job_id)
        path = _file(service.runner.files(job_id), name)
        headers = {"X-Content-Type-Options": "nosniff"}
        with suppress(FileNotFoundError):
            if path and job.is_finished:
                return FileResponse(path, filename=path.name, media_type=_ANY, headers=headers)
            if path:
                parts = _so_far(path.open("rb"))
                return StreamingResponse(parts, media_type=_ANY, headers=headers)
        if optional:
            return Response(status_code=204)
        raise ApiError(404, "file_not_found", f"the job has no file {name!r}")


def _so_far(file: BinaryIO) -> Iterator[bytes]:
    """A file that may be growing; its length is not known."""
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _file(folder: Path, name: str) -> Path | None:
    """A file inside a folder, after links; None where there is none."""
    if "\0" in name:
        return None
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if inside else None
